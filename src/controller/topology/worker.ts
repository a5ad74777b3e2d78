import type { Request, Answer } from '../../ledger/requests.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Step } from '../../plan/step-model.ts';
import { isBlocked } from '../../report/exit-code.ts';
import type { TopologySnapshot } from '../../report/status/snapshot-model.ts';
import { jittered } from './back-off.ts';
import { CatalogAge } from './catalog-age.ts';
import { fault } from '../fault.ts';
import { Flight } from './flight.ts';
import { type InForce, asksForTheSame } from '../source/in-force.ts';
import { Hints } from './hints.ts';
import { Looker, type Sight } from './looker.ts';
import { Memory } from './memory.ts';
import { NewWork } from './new-work.ts';
import { carryOutRequest } from './request-work.ts';
import { Rest } from './rest.ts';
import { Restraint } from './restraint.ts';
import { StuckDaemons } from './stuck-daemons.ts';
import { Tidier } from './tidy.ts';
import type { World } from '../world.ts';

/** Looks are this much earlier or later, so that topologies do not look in step. */
const JITTER = 0.1;
/** After a run that came to nothing, or a look that failed, the next look follows soon, and then as always. */
const SOON_MS = 2_000;

/** One topology, kept as its file says: looked at again and again, acted on when a look shows work and this process is the one that acts. */
export class TopologyWorker {
  readonly #world: World;
  readonly #looker: Looker;
  readonly #restraint: Restraint;
  readonly #stuck: StuckDaemons;
  readonly #catalogs: CatalogAge;
  readonly #rest = new Rest();
  readonly #memory: Memory;
  readonly #tidier = new Tidier();
  readonly #newWork = new NewWork();
  readonly #hints = new Hints(() => this.nudge());
  #wanted: InForce;
  #sight: Sight | null = null;
  /** What `sight` was a look at. */
  #sightOf: InForce | null = null;
  #flight: Flight | null = null;
  /** Work that a person asked for goes on, and no flight begins. */
  #busy = false;
  #failedLooks = 0;
  #nextLookAt: number;
  #stopped = false;
  readonly ended: Promise<void>;

  constructor(world: World, wanted: InForce) {
    this.#world = world;
    this.#wanted = wanted;
    this.#looker = new Looker(world);
    this.#restraint = new Restraint(world, wanted.topology.name);
    this.#stuck = new StuckDaemons(world.config.controller.stuckAfterMs);
    this.#catalogs = new CatalogAge(world.config.controller.deepLookEveryMs);
    this.#memory = new Memory(world, wanted.topology.name, this.#restraint);
    this.#nextLookAt = world.now();
    this.ended = this.#work();
  }

  get name(): string {
    return this.#wanted.topology.name;
  }

  /** Whether it was looked at, well or not. */
  get looked(): boolean {
    return this.#sight !== null || this.#failedLooks > 0;
  }

  /** Whether nothing is being carried out for it. */
  get rests(): boolean {
    return this.#flight === null && !this.#busy;
  }

  snapshot(): TopologySnapshot {
    return this.#memory.snapshot({
      wanted: this.#wanted,
      sight: this.#sight,
      failedLooks: this.#failedLooks,
      nextLookAt: this.#nextLookAt,
      flight: this.#flight,
    });
  }

  /** A newer revision. What it asks for is planned at the next step boundary; where it asks for the same, nothing is disturbed. */
  want(wanted: InForce): void {
    const same = asksForTheSame(this.#wanted.topology, wanted.topology);
    this.#wanted = wanted;
    this.#memory.revised(wanted);
    if (same) return;
    this.#restraint.clear();
    this.#catalogs.distrust();
    this.#flight?.interrupt(`a newer revision: ${wanted.revision?.slice(0, 12) ?? 'none'}`);
    this.nudge();
  }

  /** Looks at once. `deep`: at everything, as something may have changed while nobody here looked. */
  nudge(deep = false): void {
    if (deep) this.#catalogs.distrust();
    this.#rest.nudge();
  }

  /** Somebody says that something may be other than before. A flight causes most of what is said, and looks for itself. */
  hint(): void {
    if (this.#flight === null && !this.#busy && !this.#stopped) this.#hints.hint();
  }

  /** The syncs of its links in this control database. */
  syncsIn(control: string): readonly string[] {
    // What was looked at has the names that the ledger keeps; what is new stands in the file alone.
    const links = [...this.#wanted.topology.links, ...(this.#sight?.topology.links ?? [])];
    return [...new Set(links.filter((link) => link.control === control).map((link) => link.sync))];
  }

  /** Carries a person's word out, between two flights. */
  async request(request: Request): Promise<Answer> {
    this.#busy = true;
    try {
      this.#flight?.interrupt(`a request: ${request.word} ${request.address}`);
      await this.#flight?.ended;
      const lock = this.#world.lock();
      const access = this.#looker.access;
      if (lock === null || access === null) return { exitCode: 1, text: 'this controller does not act now', hint: 'try again' };
      const answer = await carryOutRequest(this.#world, lock, access, this.#wanted.topology, request);
      this.#restraint.clear();
      return answer;
    } finally {
      this.#busy = false;
      this.nudge(true);
    }
  }

  /** Ends its sessions: what was begun there is not committed any more, and none of them is trusted by the next look. */
  abandon(): void {
    this.#looker.abandon();
  }

  /** Ends after the current statement. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#hints.end();
    this.#flight?.interrupt('the controller ends; the next one goes on from what stands');
    this.#rest.wake();
    await this.ended;
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      this.#rest.lookBegins();
      const free = await this.#world.slots.take();
      if (this.#stopped) {
        free();
        break;
      }
      let flies = false;
      try {
        await this.#lookOnce();
        flies = this.#mayFly();
        // The flight frees it.
        if (flies) this.#fly(free);
      } finally {
        if (!flies) free();
        this.#world.lookEnded();
        this.#world.changed();
      }
      await this.#rest.until(() => (this.#stopped ? 0 : this.#nextLookAt - this.#world.now()));
    }
    await this.#flight?.ended;
    this.#looker.forget();
  }

  async #lookOnce(): Promise<void> {
    const { now, config, journal } = this.#world;
    const wanted = this.#wanted;
    const stepsDone = this.#flight?.stepsDone ?? 0;
    const deep = this.#sight === null || this.#failedLooks > 0 || this.#catalogs.isStale(now(), stepsDone);
    try {
      const reading = this.#catalogs.begin(now(), stepsDone);
      const sight = await this.#looker.look(wanted.topology, deep ? null : this.#sight, this.#flight !== null || this.#busy);
      if (this.#failedLooks > 0) journal.info('it can be looked at again', { topology: this.name });
      this.#sight = sight;
      this.#sightOf = wanted;
      this.#failedLooks = 0;
      if (sight.deep) this.#catalogs.read(reading);
      await this.#memory.seen(wanted, sight, this.#flight !== null, this.#looker.access);
      this.#newWork.looked(this.#openSteps(sight), this.#flight);
      this.#nextLookAt = now() + this.#untilNext();
      if (this.#flight === null && !this.#busy) await this.#keepUp(sight);
    } catch (error) {
      this.#failedLooks += 1;
      this.#world.counters.failed(this.name, false);
      journal.warn(`it cannot be looked at: ${messageOf(error)}`, { topology: this.name });
      this.#nextLookAt =
        now() +
        Math.min(config.controller.lookEveryMs, jittered(SOON_MS * 2 ** Math.min(this.#failedLooks, 6), JITTER, this.#world.random));
    }
  }

  /** What a plan does not say: daemons that do nothing are stopped, to be started by the next plan; delivered changes are purged. */
  async #keepUp(sight: Sight): Promise<void> {
    const { access } = this.#looker;
    const lock = this.#world.lock();
    if (lock === null || access === null || !lock.held() || sight.status.verdict === 'unknown') return;
    const stuck = this.#stuck.stuckInstance(sight);
    if (stuck !== null && this.#restraint.mayStart(stuck.instance)) {
      await this.#stuck.stop(this.#world, lock, access, sight, stuck);
      this.nudge(true);
    }
    if (sight.status.links.every((link) => link.suspension === null)) await this.#tidier.tidy(this.#world, access, sight.topology);
  }

  /** Steps that could be carried out now. */
  #openSteps({ plan }: Sight): readonly Step[] {
    return plan.steps.filter((step) => step.blocked === null && !this.#restraint.holds(step));
  }

  #mayFly(): boolean {
    const sight = this.#sight;
    if (this.#stopped || this.#busy || this.#flight !== null || sight === null || this.#failedLooks > 0) return false;
    // A newer revision came while the world was looked at: the next look is a look at that.
    if (this.#sightOf === null || !asksForTheSame(this.#sightOf.topology, this.#wanted.topology)) return false;
    if (this.#world.lock()?.held() !== true || this.#looker.access === null) return false;
    const result = this.#workIn(sight);
    this.#world.counters.reconciled(this.name, result);
    return result === 'changed';
  }

  #workIn(sight: Sight): 'noop' | 'changed' | 'waiting' | 'blocked' | 'error' {
    if (sight.status.verdict === 'unknown') return 'error';
    if (sight.plan.steps.every((step) => step.blocked !== null)) {
      // An empty plan still has to be written down as applied, once.
      if (isBlocked(sight.plan)) return 'blocked';
      return this.#memory.isApplied(sight) ? 'noop' : 'changed';
    }
    return this.#openSteps(sight).length === 0 ? 'waiting' : 'changed';
  }

  #fly(freeSlot: () => void): void {
    const sight = this.#sight;
    const { access } = this.#looker;
    if (sight === null || access === null) return freeSlot();
    const wanted = this.#wanted;
    const healing = this.#memory.wasApplied(wanted);
    const flight = new Flight(this.#world, {
      topology: sight.topology,
      revision: wanted.revision,
      plan: sight.plan,
      access,
      freeSlot,
      heldBack: (step) => this.#restraint.holds(step),
      stepEnded: (step, error) => this.#restraint.stepEnded(step, error, healing),
    });
    this.#flight = flight;
    this.#memory.attempted(wanted, access).catch(fault);
    flight.ended.then((result) => this.#landed(flight, result?.outcome === 'converged')).catch(fault);
  }

  #landed(flight: Flight, well: boolean): void {
    this.#memory.flew(flight.record());
    this.#flight = null;
    this.#catalogs.flightEnded();
    if (well || flight.stepsDone > 0 || this.#rest.nudged) this.nudge();
    else this.#nextLookAt = this.#world.now() + this.#untilNext();
    this.#rest.wake();
    this.#world.changed();
  }

  #untilNext(): number {
    const { now, config, random } = this.#world;
    const usual = jittered(config.controller.lookEveryMs, JITTER, random);
    const retryAt = this.#restraint.nextAt();
    if (this.#newWork.any) return Math.min(usual, SOON_MS);
    return retryAt === null ? usual : Math.max(100, Math.min(usual, retryAt - now()));
  }
}
