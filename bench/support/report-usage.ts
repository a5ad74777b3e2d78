/** Loaded into a measured process with --import: says at its end, in the file of GOATHERD_BENCH_USAGE, what it used. */
import { writeFileSync } from 'node:fs';

const file = process.env['GOATHERD_BENCH_USAGE'];
if (file !== undefined) process.on('exit', () => writeFileSync(file, JSON.stringify(process.resourceUsage())));
