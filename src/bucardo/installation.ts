import { execa } from 'execa';
import type { BucardoInstallation } from '../observe/model.ts';
import { messageOf } from '../lib/errors.ts';
import { globalFunctions, readSchemaFile, schemaVersion } from './schema-file.ts';

/** The version that everything here was read and measured on. Upstream is frozen at it. */
export const SUPPORTED_VERSION = '5.6.0';

/** Looks at the `bucardo` command and the schema file on this host. Never fails: what is wrong is a fact. */
export async function observeInstallation(command: string): Promise<BucardoInstallation> {
  const nothing = { version: null, schemaFile: null, functions: {} };
  const result = await execa(command, ['--no-bucardorc', '--version'], {
    reject: false,
    timeout: 10_000,
    stdin: 'ignore',
    env: { LC_ALL: 'C.UTF-8' },
  });
  const version = /version (\d+(?:\.\d+)+)/.exec(result.stdout)?.[1] ?? null;
  if (version === null) {
    return { ...nothing, problem: `the command ${command} could not be run (${result.code ?? `exit ${result.exitCode ?? '?'}`})` };
  }
  const psql = await execa('psql', ['--version'], { reject: false, timeout: 10_000, stdin: 'ignore' });
  if (psql.failed)
    return {
      ...nothing,
      problem: `psql, which loads Bucardo's schema, could not be run (${psql.code ?? `exit ${psql.exitCode ?? '?'}`}): install postgresql-client`,
    };
  const schema = readSchemaFile();
  if (schema === null) return { ...nothing, version, problem: 'bucardo.schema was not found' };
  if (schemaVersion(schema.text) !== version) {
    return {
      version,
      schemaFile: schema.file,
      functions: {},
      problem: `the command is ${version} and ${schema.file} is ${schemaVersion(schema.text) ?? 'of no version'}`,
    };
  }
  try {
    const functions = globalFunctions(schema.text).map((info): [string, string] => [info.signature, info.md5]);
    return {
      version,
      schemaFile: schema.file,
      functions: Object.fromEntries(functions),
      problem: version === SUPPORTED_VERSION ? null : `version ${version} is not ${SUPPORTED_VERSION}`,
    };
  } catch (error) {
    return { version, schemaFile: schema.file, functions: {}, problem: messageOf(error) };
  }
}
