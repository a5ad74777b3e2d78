/** Carries a step out on the world as the executors of `src/act` do on the real one: what each statement changes, and in which order. */
import type { Ledger } from '../../../../src/ledger/model.ts';
import type { Observation } from '../../../../src/observe/model.ts';
import type { Step } from '../../../../src/plan/step-model.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { targetName } from '../../../../src/bucardo/names.ts';
import { adoptStep } from './world-adoption.ts';
import { sweepStep } from './world-step-sweep.ts';
import { startStep, stopStep } from './world-step-daemon.ts';
import {
  controlDatabaseStep,
  ledgerStep,
  makedeltaStep,
  membershipStep,
  registerStep,
  renameStep,
  resendStep,
  setAsideStep,
  settingsStep,
} from './world-step-control.ts';
import { leaveInstanceStep, moveStep } from './world-step-move.ts';
import { alwaysStep, emptyStep, helpersStep, rekeyStep, triggersStep, truncatesStep } from './world-step-source.ts';
import { copyAgainStep, recopyStep } from './world-step-recopy.ts';
import { dropControlStep, dropHelpersStep, dropTriggersStep, forgetStep, leaveStep, waitDrainedStep } from './world-step-removal.ts';
import { activateStep, copyTablesStep, deactivateStep, receiptStep, waitCopyStep } from './world-step-copy.ts';
import { kick } from './world-daemon.ts';
import { dataOf, instanceOf, statement, violate, type World } from './world.ts';

/** What one attempt came to, as `src/act` says it. */
export type Outcome = 'done' | 'pending' | 'moved' | 'failed';

/** What the plan that is carried out was made from. */
export interface Known {
  readonly observation: Observation;
  readonly ledger: Ledger;
}

export function applyStep(world: World, step: Step, known: Known): Outcome {
  const { work } = step;
  if (step.blocked !== null) violate(world, `${step.id} is blocked (${step.blocked}) and was carried out`);
  switch (work.kind) {
    case 'ledger':
      return ledgerStep(world, known);
    case 'rename':
      return renameStep(world);
    case 'adopt':
      return adoptStep(world, work, known);
    case 'control_database':
      return controlDatabaseStep(world, work.instance, known);
    case 'register':
      return registerStep(world, work, known);
    case 'settings':
      return settingsStep(world, work.instance, work.settings);
    case 'helpers':
      return helpersStep(world, work);
    case 'triggers':
      return triggersStep(world, work);
    case 'membership':
      return membershipStep(world, work);
    case 'set_aside':
      return setAsideStep(world, work);
    case 'resend':
      return resendStep(world, work);
    case 'rekey':
      return rekeyStep(world, work);
    case 'makedelta':
      return makedeltaStep(world, work);
    case 'always':
      return alwaysStep(world, work);
    case 'truncate_records':
      return truncatesStep(world, work);
    case 'empty_tables':
      return emptyStep(world, work, step.id, known);
    case 'activate':
      return activateStep(world, work, known);
    case 'deactivate':
      return deactivateStep(world, work);
    case 'stop_daemon':
      return stopStep(world, work.instance);
    case 'start_daemon':
      return startStep(world, work);
    case 'wait_copy':
      return waitCopyStep(world, work);
    case 'receipt':
      return receiptStep(world, work, known);
    case 'copy_tables':
      return work.again ? copyAgainStep(world, work) : copyTablesStep(world, work, known);
    case 'recopy':
      return recopyStep(world, work);
    case 'wait_drained':
      return waitDrainedStep(world, work);
    case 'drop_triggers':
      return dropTriggersStep(world, work);
    case 'drop_helpers':
      return dropHelpersStep(world, work);
    case 'drop_control':
      return dropControlStep(world, work);
    case 'leave':
      return leaveStep(world, work);
    case 'forget':
      return forgetStep(world, work);
    case 'wait_run':
      return waitRunStep(world, linkAt(world, work.link), work.instance, work.since);
    case 'arrival':
      return arrivalStep(world, work.links);
    case 'move':
      return moveStep(world, work.link);
    case 'leave_instance':
      return leaveInstanceStep(world, work);
    case 'sweep':
      return sweepStep(world, work);
    case 'suspect': {
      statement(world);
      const row = world.ledger.links[work.link];
      for (const { code, tables } of work.losses) {
        row?.suspects.push({ code, tables: [...tables], since: new Date(world.now).toISOString() });
        const sound = code === 'CascadeWasOff' || world.starved.has(work.link) ? [] : tables.filter((table) => !world.tampered.has(table));
        if (sound.length > 0) violate(world, `rule 15: ${work.link} is Suspect (${code}: ${sound.join(', ')}) and has lost nothing`);
      }
      if (row !== undefined) {
        const doubted = new Set(work.losses.flatMap((loss) => loss.tables));
        row.accepted = row.accepted.filter((table) => !doubted.has(table));
      }
      return 'done';
    }
  }
}

export function linkAt(world: World, address: string): Link {
  const link = world.topology.links.find((one) => one.address === address);
  if (link === undefined) throw new Error(`no link ${address}`);
  return link;
}

function waitRunStep(world: World, link: Link, name: string, since: number): Outcome {
  const { daemon, control } = instanceOf(world, name);
  if (daemon === null) return 'moved';
  const good = control?.runs[link.sync]?.lastGood ?? null;
  if (daemon.startedAt >= since && good !== null && good.startedAt > daemon.startedAt) return 'done';
  kick(world, link);
  return 'pending';
}

/** Every change that was noted before the proof began has its track row; one key of each source is noted for it. */
function arrivalStep(world: World, addresses: readonly string[]): Outcome {
  const links = addresses.map((address) => linkAt(world, address));
  let arrived = true;
  for (const link of links) {
    const tables = world.databases[link.from]?.facts.tables.map((table) => table.address) ?? [];
    if (!world.memory.has(`noted ${link.address}`)) {
      statement(world);
      world.memory.set(`noted ${link.address}`, world.now);
      const table = tables.find((one) => dataOf(world, link.from, one).rows.size > 0);
      const row = table === undefined ? undefined : [...dataOf(world, link.from, table).rows][0];
      if (table !== undefined && row !== undefined) dataOf(world, link.from, table).deltas.push({ row, at: world.now, tracked: [] });
    }
    const notedAt = world.memory.get(`noted ${link.address}`) ?? 0;
    const sync = instanceOf(world, link.instance).daemon?.syncs.find((one) => one.name === link.sync);
    const left = (sync?.tables ?? []).some((table) =>
      dataOf(world, link.from, table).deltas.some((delta) => delta.at <= notedAt && !delta.tracked.includes(targetName(link.sync))),
    );
    if (sync === undefined || left) {
      kick(world, link);
      arrived = false;
    } else {
      statement(world);
      const row = world.ledger.links[link.address];
      if (row !== undefined) row.provedAt = world.now;
    }
  }
  if (arrived) for (const link of links) world.memory.delete(`noted ${link.address}`);
  return arrived ? 'done' : 'pending';
}
