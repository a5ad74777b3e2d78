import { takeLock } from '../ledger/lock.ts';
import type { Ledger } from '../ledger/model.ts';
import { LEDGER_VERSION } from '../ledger/tables.ts';
import { ensureLedger } from '../ledger/ensure.ts';
import { LedgerWriter } from '../ledger/write.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Observation } from '../observe/model.ts';
import type { Plan } from '../plan/model.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';
import { noteApplied } from './note-applied.ts';
import { noteSeen } from './note-seen.ts';
import { purgeDelivered } from './steps/leaving/purge.ts';

/** A topology that was looked at and planned. */
export interface Looked {
  readonly access: Access;
  readonly topology: Topology;
  readonly plan: Plan;
  readonly observation: Observation;
  readonly ledger: Ledger;
}

/**
 * What a run does at its end, for runs that have nothing else to do: writes down what is applied, purges what was delivered, and notes where
 * the databases stand. It takes the lock of rule 17; whoever has it does this at the end of its own run. One line for each source that was purged.
 */
export async function keepHouse(all: readonly Looked[]): Promise<readonly string[]> {
  const due = all.filter((one) => one.ledger.present);
  const first = due[0];
  if (first === undefined) return [];
  const lock = await takeLock(first.access, 'reconcile').catch((error: unknown) => {
    if (!(error instanceof GoatherdError) || error.code !== 'LockHeld') throw error;
    return null;
  });
  if (lock === null) return [];
  const notes: string[] = [];
  try {
    if (first.ledger.version !== LEDGER_VERSION) await ensureLedger(first.access);
    for (const { access, topology, plan, observation, ledger } of due) {
      // A declaration that nothing had to be done for is one that is applied.
      await noteApplied(new LedgerWriter(access), topology, plan, observation, ledger);
      await noteSeen(access, topology, plan, observation, ledger);
      try {
        notes.push(...(await purgeDelivered(access, topology)));
      } catch (error) {
        // The plan has said already that a database does not answer.
        if (!(error instanceof GoatherdError)) throw error;
        notes.push(`nothing was purged for ${topology.name}: ${error.message}`);
      }
    }
  } finally {
    await lock.release();
  }
  return notes;
}
