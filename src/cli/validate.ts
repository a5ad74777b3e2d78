import { INVALID } from '../lib/exit-codes.ts';
import { diskFiles } from '../lib/files.ts';
import { type Style, styleFor } from '../lib/style.ts';
import { renderProblems } from '../report/problems.ts';
import { loadTopologies } from '../topology/load.ts';

/** Where a command's words go. */
export interface ValidateIo {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** `goatherd validate [PATH…]`: offline checks only. 0 when every file is valid, 78 otherwise; problems and warnings on stderr. */
export async function validate(paths: string[], io: ValidateIo, style: Style = styleFor(process.stderr, process.env)): Promise<number> {
  const { topologies, problems } = await loadTopologies(paths, diskFiles);
  if (problems.length > 0) io.stderr(renderProblems(problems, style));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  if (errors > 0) {
    io.stderr(`\n${count(errors, 'error')}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`);
    return INVALID;
  }
  const links = topologies.reduce((sum, topology) => sum + topology.links.length, 0);
  io.stdout(
    `${topologies.length} ${topologies.length === 1 ? 'topology' : 'topologies'}, ${count(links, 'link')}: valid${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`,
  );
  return 0;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
