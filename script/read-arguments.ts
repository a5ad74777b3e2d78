import { parseArgs, type ParseArgsConfig } from 'node:util';

/** `parseArgs`, with its errors as one line for a person; ends the process with 64 then. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\nSee --help.`);
    process.exit(64);
  }
}
