import { OF_CONTROLLER, readRemembered } from '../ledger/remembered.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Condition } from '../plan/status/condition-model.ts';
import { Keeper, withKnownSince } from './keeper.ts';
import type { Leadership } from './leadership.ts';
import type { SourceFollower } from './source/source-follower.ts';
import type { World } from './world.ts';

/** The conditions of the controller itself: `SourceReady`, and `LockHeld`, which is of this process and begins with it. */
export class OwnConditions {
  readonly #world: World;
  readonly #keeper: Keeper;
  #conditions: readonly Condition[] = [];
  #learned = false;

  constructor(world: World) {
    this.#world = world;
    this.#keeper = new Keeper(world, OF_CONTROLLER);
  }

  /** As they are now; written down by the one that acts. */
  now(follower: Pick<SourceFollower, 'reading' | 'error'>, leadership: Omit<Leadership, 'ended'>): readonly Condition[] {
    const at = this.#world.now();
    const one = (type: Condition['type'], status: Condition['status'], reason: string, message: string): Condition => {
      const before = this.#conditions.find((known) => known.type === type);
      const since = before?.status === status ? before.since : at;
      return { address: 'controller', type, status, reason, message, since, observedRevision: follower.reading?.revision ?? null };
    };
    this.#conditions = [sourceReady(follower, one), lockHeld(leadership, one)];
    const [source] = this.#conditions;
    if (this.#learned && source !== undefined) this.#keeper.keep({ conditions: [source], retries: [], starts: {} });
    return this.#conditions;
  }

  /** What the one that acted before knew. Called when the lock is had. */
  async learn(): Promise<void> {
    try {
      const remembered = await readRemembered(this.#world.hub.hub(this.#world.config.ledger).asQueryable(), OF_CONTROLLER);
      this.#conditions = withKnownSince(this.#conditions, remembered.conditions, true);
      this.#keeper.read(remembered);
      this.#learned = true;
      this.#world.changed();
    } catch (error) {
      // The hub went away just now: it is learned when the lock is had again.
      if (!(error instanceof GoatherdError)) throw error;
    }
  }
}

type One = (type: Condition['type'], status: Condition['status'], reason: string, message: string) => Condition;

function sourceReady({ reading, error }: Pick<SourceFollower, 'reading' | 'error'>, one: One): Condition {
  if (error !== null) return one('SourceReady', 'False', error.code, error.message);
  if (reading === null) return one('SourceReady', 'Unknown', 'NotRead', '');
  const broken = reading.problems.find((problem) => problem.severity === 'error');
  if (broken === undefined) return one('SourceReady', 'True', 'Read', reading.revision);
  return one('SourceReady', 'False', 'SourceInvalid', `${broken.at.file}: ${broken.message}`);
}

function lockHeld(leadership: Omit<Leadership, 'ended'>, one: One): Condition {
  if (leadership.lock() !== null) return one('LockHeld', 'True', 'Held', 'this controller acts');
  const problem = leadership.problem();
  if (problem !== null) return one('LockHeld', 'Unknown', 'ControlDatabaseDown', problem);
  const holder = leadership.holder();
  return one('LockHeld', holder === null ? 'Unknown' : 'False', holder === null ? 'NotAsked' : 'HeldByOther', holder ?? '');
}
