import { pastRuns, readRevisions, type Revisions, saveRevisions } from '../../ledger/history.ts';
import { readRemembered, type Remembered } from '../../ledger/remembered.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { appliedLinks } from '../../plan/applied.ts';
import type { Condition } from '../../plan/status/condition-model.ts';
import { conditionsOf } from '../../plan/status/conditions.ts';
import { atAddressesNow, renamedAddresses } from '../../plan/view/remembered/renamed-addresses.ts';
import { definitionHash } from '../../plan/view/definition.ts';
import type { Access } from '../../postgres/access.ts';
import { isBlocked } from '../../report/exit-code.ts';
import type { RunOutcome, RunRecord } from '../../report/run/run-model.ts';
import type { RunSummary, TopologySnapshot } from '../../report/status/snapshot-model.ts';
import type { Topology } from '../../topology/model.ts';
import type { Flight } from './flight.ts';
import { Keeper, withKnownSince } from '../keeper.ts';
import type { InForce } from '../source/in-force.ts';
import type { Sight } from './looker.ts';
import type { Restraint } from './restraint.ts';
import type { World } from '../world.ts';

/** The state of a worker, from which what is known of its topology is told. */
export interface WorkerState {
  readonly wanted: InForce;
  readonly sight: Sight | null;
  readonly failedLooks: number;
  readonly nextLookAt: number;
  readonly flight: Flight | null;
}

/** What is known of one topology beyond its last look: conditions and since when, revisions, the runs before. */
export class Memory {
  readonly #world: World;
  readonly #topology: string;
  readonly #restraint: Restraint;
  readonly #keeper: Keeper;
  #revisions: Revisions = { desired: null, attempted: null, applied: null };
  #known = false;
  #history: readonly RunSummary[] = [];
  #historyStale = true;
  #lastRun: RunRecord | null = null;
  #conditions: readonly Condition[] = [];

  /** `restraint`: what an earlier controller knew is put into it. */
  constructor(world: World, topology: string, restraint: Restraint) {
    this.#world = world;
    this.#topology = topology;
    this.#restraint = restraint;
    this.#keeper = new Keeper(world, topology);
  }

  /** A reading of the source. */
  revised({ desired }: InForce): void {
    this.#revisions = { ...this.#revisions, desired };
  }

  /** Whether this revision was reached before, so that what is done now puts back what has changed. */
  wasApplied({ revision }: InForce): boolean {
    return revision !== null && this.#revisions.applied === revision;
  }

  /** Whether the ledger knows everything that stands as applied. */
  isApplied({ topology, plan, look }: Sight): boolean {
    if (!look.ledger.present) return true;
    return appliedLinks(topology, plan).every(
      (link) => look.ledger.links[link.address]?.appliedDefinition === definitionHash(topology, link),
    );
  }

  async attempted({ revision }: InForce, access: Access): Promise<void> {
    if (this.#revisions.attempted !== revision) await this.#keep({ ...this.#revisions, attempted: revision }, access);
  }

  /** A look has ended: what was in sync with its file has reached that revision. */
  async seen({ desired, revision }: InForce, sight: Sight, flying: boolean, access: Access | null): Promise<void> {
    if (!sight.look.ledger.present) return;
    await this.#learn(revision, sight.topology);
    // Drift that the policy leaves alone is no part of the revision.
    const inSync =
      sight.plan.steps.length === 0 && !isBlocked(sight.plan) && sight.status.verdict !== 'unknown' && !flying && revision !== null;
    const now: Revisions = inSync ? { desired, attempted: revision, applied: revision } : { ...this.#revisions, desired };
    if (this.#world.lock() === null || access === null) this.#revisions = { ...this.#revisions, desired };
    else await this.#keep(now, access);
  }

  /** A flight has ended. */
  flew(record: RunRecord | null): void {
    if (record !== null && record.steps.length > 0) this.#lastRun = record;
    this.#historyStale = true;
  }

  snapshot(state: WorkerState): TopologySnapshot {
    const { wanted, sight, flight } = state;
    const retries = this.#restraint.retries();
    const run = flight?.record() ?? null;
    const topology = sight?.topology ?? wanted.topology;
    const renames = renamedAddresses(topology);
    const before = atAddressesNow(this.#conditions, renames);
    this.#conditions = conditionsOf({
      topology,
      seen: sight === null ? null : { observation: sight.look.observation, plan: sight.plan, status: sight.status },
      missedLooks: state.failedLooks,
      revision: wanted.revision,
      problems: wanted.problems,
      retries,
      run: flight === null ? 'none' : run?.steps.some((step) => step.state === 'running') === true ? 'working' : 'waiting',
      previous: before,
      now: this.#world.now(),
    });
    this.#tellTransitions(before);
    // Before anything was seen or learned there is nothing that is worth more than what the ledger has.
    if (sight !== null && this.#known) this.#keeper.keep(this.#remembered());
    const suspension = sight?.look.ledger.suspensions[this.#topology];
    return {
      name: this.#topology,
      file: wanted.topology.file,
      ...this.#revisions,
      desired: wanted.desired,
      status: sight?.status ?? null,
      plan: sight?.plan ?? null,
      conditions: this.#conditions,
      deltaBytes: sight?.deltaBytes ?? {},
      observedAt: sight?.at ?? null,
      nextLookAt: state.nextLookAt,
      run: run ?? this.#lastRun,
      history: this.#history,
      suspended:
        suspension === undefined
          ? null
          : { by: suspension.by, reason: suspension.reason, since: suspension.since, until: suspension.until ?? null },
      retries: retries.map(({ address, attempts, nextAt, error }) => ({ address, attempts, nextAt, error })),
      renames: Object.fromEntries(renames),
    };
  }

  #remembered(): Remembered {
    return { conditions: this.#conditions, ...this.#restraint.remembered() };
  }

  /** Transitions of what people ask for first are lines of the log. */
  #tellTransitions(before: readonly Condition[]): void {
    if (before.length === 0) return;
    const known = new Map(before.map((one) => [`${one.address} ${one.type}`, one.status]));
    for (const { address, type, status, reason, message } of this.#conditions) {
      if (!['Ready', 'Reachable', 'Stalled', 'Suspect', 'SpecValid'].includes(type)) continue;
      const was = known.get(`${address} ${type}`);
      const good = (status === 'True') === !['Stalled', 'Suspect'].includes(type);
      if (was === undefined || was === status || (was === 'Unknown' && good)) continue;
      const text = `${address} ${type}=${status} ${reason}${message === '' ? '' : `: ${message}`}`;
      const fields = { topology: this.#topology, condition: type, status, reason };
      if (good || status === 'Unknown') this.#world.journal.info(text, fields);
      else this.#world.journal.warn(text, fields);
    }
  }

  /** What an earlier controller, or `reconcile`, left in the ledger. One that stands by follows what the one that acts knows. */
  async #learn(revision: string | null, topology: Topology): Promise<void> {
    const session = this.#world.hub.hub(this.#world.config.ledger).asQueryable();
    try {
      if (!this.#known || this.#world.lock() === null) {
        const { attempted, applied } = await readRevisions(session, this.#topology);
        const remembered = await readRemembered(session, this.#topology);
        const renames = renamedAddresses(topology);
        this.#revisions = { attempted, applied, desired: this.#revisions.desired };
        this.#conditions = withKnownSince(this.#conditions, atAddressesNow(remembered.conditions, renames), !this.#known);
        // A newer revision may be tried at once.
        const same = attempted === null || attempted === revision;
        this.#restraint.restore(
          same ? { ...remembered, retries: atAddressesNow(remembered.retries, renames) } : { retries: [], starts: {} },
        );
        this.#keeper.read(remembered);
        this.#known = true;
      }
      if (this.#historyStale) {
        const runs = await pastRuns(session, this.#topology);
        this.#history = runs.map(({ topology: _topology, command: _command, outcome, ...run }) => ({
          ...run,
          outcome: outcome as RunOutcome,
        }));
        this.#historyStale = false;
      }
    } catch (error) {
      // A ledger of an earlier version, or a hub that is away: the next look learns it.
      if (!(error instanceof GoatherdError)) throw error;
    }
  }

  async #keep(revisions: Revisions, access: Access): Promise<void> {
    const { desired, attempted, applied } = this.#revisions;
    const same = desired === revisions.desired && attempted === revisions.attempted && applied === revisions.applied;
    this.#revisions = revisions;
    if (!same)
      await saveRevisions(access, this.#topology, revisions).catch((error: unknown) => {
        if (!(error instanceof GoatherdError)) throw error;
      });
  }
}
