import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { controlSchemaSql, readSchemaFile } from '../../src/bucardo/schema-file.ts';
import type { Cluster } from '../../src/lab/cluster.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { eventually } from '../../test/real/support/eventually.ts';
import { query, type Row } from '../../test/real/support/query.ts';

/** A Bucardo without goatherd: a control database of its own on the lab's hub, worked with the `bucardo` command. */
export class BucardoByHand {
  readonly #lab: Lab;
  readonly name: string;
  readonly #database: string;

  constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.name = name;
    this.#database = `byhand_${name}`;
  }

  /** Makes the control database in the quickest way there is: `bucardo install` allows only one, and asks questions. */
  async install(): Promise<void> {
    const { hub } = this.#lab;
    const schema = readSchemaFile();
    if (schema === null) throw new Error('bucardo.schema was not found');
    await query(hub, 'postgres', `CREATE DATABASE ${this.#database}`);
    const head = `SET client_min_messages = error; CREATE EXTENSION plperlu; CREATE SCHEMA bucardo; ALTER DATABASE ${this.#database} SET search_path = bucardo, public;`;
    await execa('psql', ['-X', '-q', '-o', '/dev/null', '-h', hub.host, '-p', String(hub.port), '-U', 'goatherd', this.#database], {
      input: `${head}\nSET standard_conforming_strings = on;\n${controlSchemaSql(schema.text)}`,
      timeout: 120_000,
    });
    const folder = this.pidDir;
    await mkdir(folder, { recursive: true });
    // In replica role no trigger folds the capitals of a folder's name.
    await this.sql(
      `SET session_replication_role = replica; UPDATE bucardo.bucardo_config SET setting = '${folder}' WHERE name = 'piddir';
       UPDATE bucardo.bucardo_config SET setting = '${join(folder, 'reason')}' WHERE name = 'reason_file'`,
    );
  }

  get pidDir(): string {
    return join(this.#lab.pidDir, this.#database);
  }

  async sql(text: string): Promise<readonly Row[]> {
    return query(this.#lab.hub, this.#database, text);
  }

  /** `bucardo ARGS…` against this control database. */
  async run(...args: readonly string[]): Promise<void> {
    const { hub, logDir } = this.#lab;
    await execa(
      'bucardo',
      ['--no-bucardorc', `--dbhost=${hub.host}`, `--dbport=${hub.port}`, '--dbuser=goatherd', `--dbname=${this.#database}`, ...args],
      { cwd: logDir, stdin: 'ignore', timeout: 900_000 },
    );
  }

  async addDatabase(cluster: Cluster, dbname: string, ...more: readonly string[]): Promise<void> {
    await this.run('add', 'db', cluster.name, `dbname=${dbname}`, `host=${cluster.host}`, `port=${cluster.port}`, 'user=goatherd', ...more);
  }

  /** Puts every table and sequence of a database into a relgroup. */
  async addRelations(cluster: Cluster, relgroup: string): Promise<void> {
    await this.run('add', 'all', 'tables', `--db=${cluster.name}`, `--relgroup=${relgroup}`);
    await this.run('add', 'all', 'sequences', `--db=${cluster.name}`, `--relgroup=${relgroup}`);
  }

  async start(): Promise<void> {
    await this.run('start', `--log-destination=${this.#lab.logDir}`);
  }

  /** Kicks the sync until its one-time copy has been made and the run that made it has ended well. */
  async waitForCopy(sync: string): Promise<void> {
    const done = `SELECT (SELECT onetimecopy = 0 FROM bucardo.sync WHERE name = '${sync}')
      AND EXISTS (SELECT 1 FROM bucardo.syncrun WHERE sync = '${sync}' AND ended IS NOT NULL AND status LIKE 'Complete%') AS done`;
    const ask = async (): Promise<boolean> => {
      await this.sql(`SELECT pg_notify('bucardo', 'kick_sync_${sync}')`);
      return (await this.sql(done))[0]?.['done'] === true;
    };
    await eventually(ask, { timeoutMs: 300_000, everyMs: 100 });
  }
}
