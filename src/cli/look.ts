import { pastRuns } from '../ledger/history.ts';
import type { Ledger, PastRun } from '../ledger/model.ts';
import { nothingRemembered, readRemembered, type Remembered } from '../ledger/remembered.ts';
import { GoatherdError } from '../lib/errors.ts';
import { observe, type Look } from '../observe/observe.ts';
import { observeBacklog, observeCopies } from '../observe/observe-backlog.ts';
import { observeUnpurged } from '../observe/observe-unpurged.ts';
import { conditionsOf } from '../plan/status/conditions.ts';
import { makePlan } from '../plan/make-plan.ts';
import { copyingLinks, statusOf } from '../plan/status/status.ts';
import { Access } from '../postgres/access.ts';
import type { Explaining } from '../report/status/explain-text.ts';
import type { HostConfig, Topology } from '../topology/model.ts';

/** What a command sees of one topology at one moment, by itself: no controller is asked. */
export type Seen = Explaining & Look;

/** Looks at one topology, with the links that only the ledger knows, and writes nothing anywhere (rule 16). */
export async function lookAt(topology: Topology, config: HostConfig, command: string): Promise<Seen> {
  const access = new Access(config, topology, { applicationName: `goatherd ${command}` });
  try {
    const [{ observation, ledger }, backlog, unpurged] = await Promise.all([
      observe(access, topology),
      observeBacklog(access, topology),
      observeUnpurged(access, topology),
    ]);
    const copies = await observeCopies(access, topology, copyingLinks(topology, observation, ledger));
    const plan = makePlan(topology, observation, ledger, config, { approvals: [] });
    const status = statusOf(topology, observation, ledger, plan, { backlog, copies, unpurged });
    const remembered = await rememberedOf(access, topology.name, ledger);
    const retries = controllerActs(ledger) ? remembered.retries : [];
    const at = Date.now();
    const conditions = conditionsOf({
      topology,
      seen: { observation, plan, status },
      missedLooks: 0,
      revision: null,
      problems: [],
      retries,
      run: 'none',
      previous: remembered.conditions,
      now: at,
    });
    const runs = ledger.present ? await runsOf(access, topology.name) : [];
    return { observation, ledger, topology, plan, status, conditions, at, retries, runs };
  } finally {
    await access.end();
  }
}

/** Somebody tries again what failed: what is remembered of one that ended is past. */
function controllerActs({ holder }: Ledger): boolean {
  return holder?.startsWith('goatherd controller ') === true;
}

async function rememberedOf(access: Access, topology: string, ledger: Ledger): Promise<Remembered> {
  if (!ledger.present) return nothingRemembered;
  try {
    return await readRemembered(access.hub(access.config.ledger).asQueryable(), topology);
  } catch (error) {
    if (error instanceof GoatherdError) return nothingRemembered;
    throw error;
  }
}

async function runsOf(access: Access, topology: string): Promise<readonly PastRun[]> {
  try {
    return await pastRuns(access.hub(access.config.ledger).asQueryable(), topology);
  } catch (error) {
    if (error instanceof GoatherdError) return [];
    throw error;
  }
}
