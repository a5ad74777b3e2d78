import { isOurMark } from '../../bucardo/names.ts';
import type { Observation, ObservedDatabase } from '../../observe/model.ts';
import type { Topology } from '../../topology/model.ts';
import type { Diagnostic } from '../model.ts';
import { problem } from './problem.ts';

/** What keeps one database from being a source or a target, whatever its tables. `adopted`: Bucardo's schema there is taken over. */
export function databaseProblems(topology: Topology, observation: Observation, name: string, adopted: boolean): Diagnostic[] {
  const address = `${topology.name}/${name}`;
  const database = observation.databases[name];
  if (database === undefined) return [];
  if (!database.reachable) {
    return [problem('error', 'Unreachable', address, database.message, 'nothing of its links is planned until it answers; the others are')];
  }
  const isSource = topology.links.some((link) => link.from === name);
  const isTarget = topology.links.some((link) => link.to === name);
  const problems: Diagnostic[] = [];
  const error = (code: string, message: string, hint: string, objects: readonly string[] = []): void =>
    void problems.push(problem('error', code, address, message, hint, objects));
  if (database.sameAs.some((other) => other === 'hub' || other === 'ledger'))
    error(
      'HubIsMember',
      'this is a database of the hub itself',
      'replicate another database: the hub holds control databases and the ledger',
    );
  const twins = database.sameAs.filter((other) => topology.databases.some((one) => one.name === other));
  if (twins.length > 0) {
    const staying = new Set(topology.links.filter((link) => link.former !== true).flatMap((link) => [link.from, link.to]));
    // Only links that leave know the other name: the file says it anew.
    const before = staying.has(name) ? twins.find((twin) => !staying.has(twin)) : undefined;
    error(
      'SameDatabase',
      `${name} and ${twins.join(', ')} are one and the same database`,
      before === undefined
        ? 'each database of a topology must be another one'
        : `if it has only another name now, say \`renamed_from: ${before}\` at ${name}, and nothing is made anew; ` +
            `else let the links of ${before} go first, with a file that names neither`,
      twins,
    );
  }
  if (isTarget && database.inRecovery) error('InRecovery', 'the target is a standby in recovery', 'name its primary');
  if (isTarget && !database.rights.replicationRole)
    error('ReplicationRole', `role ${database.user} may not set session_replication_role`, replicationRoleHint(database));
  if (isSource && !database.rights.createInDatabase && database.bucardo === null)
    error(
      'CreateSchema',
      `role ${database.user} may not create schema bucardo`,
      `GRANT CREATE ON DATABASE ${database.database} TO ${database.user}`,
    );
  if (isSource && !adopted && database.bucardo !== null && !isOurMark(database.bucardo.mark)) {
    error(
      'ForeignBucardo',
      'schema bucardo here was made by other hands',
      'goatherd touches nothing it did not make: adopt it (`goatherd import --from-bucardo`), or remove that installation first',
      syncsOf(database),
    );
  }
  if (isSource && database.publicationsForAllTables.length > 0) {
    error(
      'PublicationForAllTables',
      "a publication FOR ALL TABLES makes Bucardo's DELETEs on its own tables fail",
      'publish the tables by name or by schema instead',
      database.publicationsForAllTables,
    );
  }
  if (database.schemaOwner?.reachable === false)
    error('SchemaOwner', database.schemaOwner.message, 'check `schema_owner` and its password');
  if (Math.floor(database.version / 10_000) !== 15)
    problems.push(
      problem('note', 'VersionUntested', address, `PostgreSQL ${Math.floor(database.version / 10_000)} is untested; 15 is tested`, ''),
    );
  if (isSource && database.longTransactions.length > 0) {
    problems.push(
      problem(
        'note',
        'LongTransactions',
        address,
        'transactions that are open for more than a minute: triggers may have to wait for them',
        'see pg_stat_activity',
        database.longTransactions.map((one) => `pid ${one.pid}${one.application === '' ? '' : ` (${one.application})`}`),
      ),
    );
  }
  return problems;
}

function replicationRoleHint(database: ObservedDatabase): string {
  return database.version >= 150000
    ? `GRANT SET ON PARAMETER session_replication_role TO ${database.user}`
    : `before PostgreSQL 15 only a superuser may: ALTER ROLE ${database.user} SUPERUSER`;
}

function syncsOf(database: ObservedDatabase): string[] {
  return [...new Set(database.bucardo?.deltaNames.map((name) => `sync ${name.split('|')[0] ?? ''}`))];
}
