import { readFile, writeFile } from 'node:fs/promises';
import { ERROR, INVALID } from '../lib/exit-codes.ts';
import { readGiven } from './given.ts';
import { GoatherdError } from '../lib/errors.ts';
import { importBucardo } from '../import/from-bucardo.ts';
import type { Installation } from '../import/installation.ts';
import { importWrapper } from '../import/from-wrapper.ts';
import type { ImportedTopology, ImportFinding } from '../import/model.ts';
import { readWrapperConfig, type WrapperConfig } from '../import/wrapper-config.ts';
import { topologyText } from '../import/write-topology.ts';
import { EMPTY_LEDGER, type Ledger } from '../ledger/model.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { readInstallation } from '../observe/read-installation.ts';
import { resolveConnection } from '../postgres/connection.ts';
import { settingNames } from '../topology/form/settings.ts';

export interface ImportOptions {
  readonly config?: string;
  /** Control databases. */
  readonly fromBucardo?: readonly string[];
  /** Files. */
  readonly fromWrapper?: readonly string[];
  readonly topology?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** False with `--no-adopt`. */
  readonly adopt: boolean;
  readonly out?: string;
}

/**
 * `goatherd import`: writes the topology for what other hands made to standard output or a new file, and what it cannot say to standard
 * error. Reads only. 0 when there is a link to write, 1 when there is none, 78 when a file or setting is invalid.
 */
export async function importTopology(options: ImportOptions): Promise<number> {
  const imported = options.fromWrapper === undefined ? await fromBucardo(options) : await fromWrapper(options.fromWrapper, options);
  if (imported === null) return INVALID;
  const text = topologyText(imported);
  if (options.out === undefined) process.stdout.write(text);
  else await writeNew(options.out, text);
  process.stderr.write(summary(imported, options.out));
  return imported.links.some((link) => !link.held) ? 0 : ERROR;
}

async function fromBucardo(options: ImportOptions): Promise<ImportedTopology | null> {
  const { config } = await readGiven(null, options.config, true);
  if (config === null) return null;
  // The hub's password is for the hub: a server that is named here is reached by libpq's own rules.
  const { password: _, ...open } = config.hub;
  const elsewhere = options.host !== undefined || options.port !== undefined || options.user !== undefined;
  const server = {
    ...(elsewhere ? open : config.hub),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.user === undefined ? {} : { user: options.user }),
  };
  const ledger = elsewhere ? EMPTY_LEDGER : await observeLedger(config);
  const installations = [];
  for (const dbname of options.fromBucardo ?? [])
    installations.push(withLedger(await readInstallation(resolveConnection({ ...server, dbname })), ledger));
  return importBucardo(installations, options.topology, settingNames());
}

/** What the ledger says of it besides: the links that were adopted from it. */
function withLedger(installation: Installation, ledger: Ledger): Installation {
  const links = Object.values(ledger.links).filter((link) => link.names.control === installation.database);
  if (links.length === 0) return installation;
  const { topology = links[0]?.address.split('/')[0] ?? '', syncs = {} } = installation.managed ?? {};
  return {
    ...installation,
    managed: { topology, syncs: { ...syncs, ...Object.fromEntries(links.map((link) => [link.names.sync, link.address])) } },
  };
}

async function fromWrapper(files: readonly string[], options: ImportOptions): Promise<ImportedTopology | null> {
  const configs: WrapperConfig[] = [];
  const wrong: string[] = [];
  for (const file of files) {
    const text = await textOf(file);
    const read = text === null ? 'there is no such file' : readWrapperConfig(file, text);
    if (typeof read === 'string') wrong.push(`${file}: ${read}`);
    else configs.push(read);
  }
  for (const line of wrong) process.stderr.write(`${line}\n`);
  return wrong.length > 0 ? null : importWrapper(configs, { topology: options.topology, adopt: options.adopt });
}

/** Null where there is no such file. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): GoatherdError {
  return new GoatherdError('Unreadable', `${file} cannot be read: ${(error as Error).message}`, { cause: error });
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new GoatherdError('FileExists', `${file} exists`, { hint: 'name another file, or move that one away' });
    throw unreadable(file, error);
  }
}

/** What was found, each with its code; in the file it stands at its place. */
function summary(imported: ImportedTopology, out: string | undefined): string {
  const live = imported.links.filter((link) => !link.held);
  const findings: readonly ImportFinding[] = [
    ...imported.databases.flatMap((database) => database.findings),
    ...imported.links.flatMap((link) => link.findings),
    ...imported.findings,
  ];
  const lines = [...new Set(findings.map((one) => [`${one.code} (${one.where}): ${one.message}`, ...(one.commands ?? [])].join('\n    ')))];
  const held = imported.links.length - live.length;
  return [
    ...lines,
    `${out === undefined ? '' : `${out}: `}${live.length} ${live.length === 1 ? 'link' : 'links'}${held === 0 ? '' : `, ${held} written as ${held === 1 ? 'a comment' : 'comments'}`}, ${lines.length} to look at`,
    '',
  ].join('\n');
}
