/** The drifts of the model (test/unit/plan/history/drifts.ts), done to a lab by other hands than goatherd's. */
import type { Lab } from '../../../src/lab/lab.ts';
import { bucardoProcesses } from '../../../src/lab/bucardo-daemons.ts';
import { signalProcess } from '../../../src/lab/processes.ts';
import { readState } from '../../../src/lab/state.ts';
import { type Drift, instanceAt, tableAt } from '../../unit/plan/history/drifts.ts';
import type { World } from '../../unit/plan/world/world.ts';
import { eventually } from '../support/eventually.ts';
import { query } from '../support/query.ts';
import { clusterOf } from '../support/use-lab.ts';

type Table = NonNullable<ReturnType<typeof tableAt>>;

/** SQL on the table's own database, by kind of drift. */
const ON_TABLES: Readonly<Record<string, (table: Table, pick: number) => string>> = {
  'drop a trigger': ({ address, bucardo }, pick) => `DROP TRIGGER ${triggerAt(bucardo.triggers, pick)} ON ${address}`,
  'disable a trigger': ({ address, bucardo }, pick) => `ALTER TABLE ${address} DISABLE TRIGGER ${triggerAt(bucardo.triggers, pick)}`,
  'make a trigger ordinary': ({ address, bucardo }) =>
    bucardo.triggers.map(({ name }) => `ALTER TABLE ${address} ENABLE TRIGGER ${name}`).join(';'),
  'drop the track table': ({ bucardo }) => `DROP TABLE bucardo.track_${bucardo.maker}`,
  'drop the stage table': ({ bucardo }) => `DROP TABLE bucardo.stage_${bucardo.maker}`,
  'drop the delta table': ({ bucardo }) => `DROP TABLE bucardo.delta_${bucardo.maker}`,
  "put Bucardo's default back": ({ bucardo }) => `ALTER TABLE bucardo.delta_${bucardo.maker} ALTER txntime SET DEFAULT now()`,
  'lose a target': ({ address, bucardo }, pick) =>
    `DELETE FROM bucardo.bucardo_delta_targets WHERE tablename = '${address}'::regclass AND target = '${bucardo.targets[pick % Math.max(1, bucardo.targets.length)] ?? ''}'`,
};

function triggerAt(triggers: Table['bucardo']['triggers'], pick: number): string {
  return triggers[pick % Math.max(1, triggers.length)]?.name ?? 'none';
}

/** SQL on the control database; in replica role, so that Bucardo's own triggers on its tables do nothing more than was asked. */
const ON_CONTROL: Readonly<Record<string, (control: World['instances'][string]['control'], pick: number) => string>> = {
  'take makedelta off': (control, pick) => {
    const goats = control?.goats.filter((goat) => goat.makedelta !== null) ?? [];
    const goat = goats[pick % Math.max(1, goats.length)];
    return `UPDATE bucardo.goat SET makedelta = NULL WHERE schemaname || '.' || tablename = '${goat?.address ?? ''}' AND db = '${goat?.db ?? ''}'`;
  },
  'make a sync inactive': (control, pick) => `UPDATE bucardo.sync SET status = 'inactive' WHERE name = '${syncAt(control, pick)}'`,
  'flip autokick': (control, pick) => `UPDATE bucardo.sync SET autokick = NOT autokick WHERE name = '${syncAt(control, pick)}'`,
  'change a checktime': (control, pick) => `UPDATE bucardo.sync SET checktime = NULL WHERE name = '${syncAt(control, pick)}'`,
};

function syncAt(control: World['instances'][string]['control'], pick: number): string {
  return control?.syncs[pick % Math.max(1, control.syncs.length)]?.name ?? '';
}

/** Kinds that can be done here. */
export const DRIFTS_BY_HAND: readonly string[] = [...Object.keys(ON_TABLES), ...Object.keys(ON_CONTROL), 'end a daemon'];

/** Does to the lab what `drift` is about to do to the model: which object is meant, the model as it stands says. */
export async function driftByHand(lab: Lab, world: World, { kind, at, pick }: Drift): Promise<void> {
  const onTable = ON_TABLES[kind];
  const onControl = ON_CONTROL[kind];
  const instance = instanceAt(world, at);
  if (onTable !== undefined) {
    const table = tableAt(world, at);
    if (table !== undefined) await query(clusterOf(lab, table.database), lab.dbname, `SET lock_timeout = '20s'; ${onTable(table, pick)}`);
  } else if (instance === undefined) return;
  else if (onControl !== undefined)
    await query(
      lab.hub,
      `bucardo_${instance}`,
      `SET LOCAL session_replication_role = replica; ${onControl(world.instances[instance]?.control ?? null, pick)}`,
    );
  else if (kind === 'end a daemon') await endDaemon(lab, instance);
  else throw new Error(`nobody knows how to ${kind}`);
}

/** SIGKILL to all processes of one instance at once. */
async function endDaemon(lab: Lab, instance: string): Promise<void> {
  const sessions = async (): Promise<readonly number[]> => {
    const rows = await query(
      lab.hub,
      'postgres',
      `SELECT substring(application_name FROM 'PID (\\d+)')::int AS pid FROM pg_stat_activity WHERE datname = 'bucardo_${instance}' AND application_name LIKE 'bucardo %'`,
    );
    return rows.map((row) => Number(row['pid']));
  };
  const pids = new Set(await sessions());
  for (const pid of (await bucardoProcesses(await readState(lab.dir))).filter((one) => pids.has(one))) signalProcess(pid, 'SIGKILL');
  await eventually(sessions, { until: (left) => left.length === 0 });
}
