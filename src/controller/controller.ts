import { hostname } from 'node:os';
import { EMPTY_LEDGER, type Ledger } from '../ledger/model.ts';
import { readLedger } from '../ledger/read.ts';
import { GoatherdError } from '../lib/errors.ts';
import { missingNote } from '../plan/view/remembered/former.ts';
import { Access } from '../postgres/access.ts';
import { abandonSessions } from '../postgres/session.ts';
import type { ControllerCounters, ControllerSnapshot } from '../report/status/snapshot-model.ts';
import type { HostConfig } from '../topology/model.ts';
import { Counters } from './counters.ts';
import { fault } from './fault.ts';
import { Hearing } from './hearing.ts';
import { type InForce, inForce } from './source/in-force.ts';
import type { Journal } from './journal.ts';
import { type Leadership, seekLeadership } from './leadership.ts';
import { OwnConditions } from './own-conditions.ts';
import { RequestDesk } from './request-desk.ts';
import { type ServiceManager, statusLine } from './service-manager.ts';
import { Slots } from './slots.ts';
import { MemoryTidier } from './tidy-memory.ts';
import { SourceFollower } from './source/source-follower.ts';
import type { Reading, Source } from './source/reading.ts';
import { TopologyWorker } from './topology/worker.ts';
import type { World } from './world.ts';

export interface ControllerOptions {
  readonly config: HostConfig;
  readonly source: Source;
  readonly journal: Journal;
  readonly manager: ServiceManager;
  readonly tool: string;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Snapshots are made this much after a change, so that a burst of events makes one. */
const GATHER_MS = 100;

/** The unattended loop: follows a source and keeps every topology in it as it says, while it holds the lock; otherwise it stands by and looks. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #world: World;
  readonly #workers = new Map<string, TopologyWorker>();
  readonly #follower: SourceFollower;
  readonly #leadership: Leadership;
  readonly #memory = new MemoryTidier();
  readonly #own: OwnConditions;
  readonly #desk: RequestDesk;
  readonly #hearing: Hearing;
  readonly #ending = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #startedAt: number;
  #inForce: readonly InForce[] = [];
  #missing: string | null = null;
  #lastLoopAt: number | null = null;
  #ready = false;
  #snapshot: ControllerSnapshot | null = null;
  #gathering: NodeJS.Timeout | null = null;

  constructor(options: ControllerOptions) {
    const { config, journal } = options;
    const now = options.now ?? Date.now;
    this.#options = options;
    this.#startedAt = now();
    this.#hearing = new Hearing([config.ledger, config.hub.dbname], this.#workers);
    const hub = new Access(
      config,
      { databases: [], links: [] },
      {
        applicationName: 'goatherd controller',
        idleMs: 3 * config.controller.lookEveryMs,
        notices: (dbname) => this.#hearing.noticesOf(dbname),
      },
    );
    this.#world = {
      config,
      hub,
      journal,
      counters: new Counters(),
      slots: new Slots(config.controller.atOnce),
      now,
      random: options.random ?? Math.random,
      lock: () => (this.#leadership === undefined ? null : this.#leadership.lock()),
      ending: this.#ending.signal,
      changed: () => this.#changed(),
      lookEnded: () => this.#lookEnded(),
    };
    this.#own = new OwnConditions(this.#world);
    this.#desk = new RequestDesk(this.#world, this.#workers);
    this.#leadership = seekLeadership(hub, journal, this.#ending.signal, {
      // What happened while another one acted, or nobody: everything is looked at before anything is done.
      taken: () => {
        this.#own.learn().catch(fault);
        this.#eachWorker((worker) => worker.nudge(true));
      },
      lost: () => {
        // A line that went silent would hold whatever was asked of the hub, and the run that asks, for a quarter of an hour.
        this.#world.hub.abandon();
        abandonSessions();
        this.#eachWorker((worker) => worker.abandon());
      },
      changed: () => this.#changed(),
      requested: () => {
        this.#desk.look();
        // An approval is a word too, and no request.
        this.#eachWorker((worker) => worker.nudge());
      },
    });
    this.#follower = new SourceFollower(this.#world, options.source, (reading) => {
      this.#follow(reading).catch(fault);
    });
    this.#startFromLedger().catch(fault);
  }

  /** What is known now. The same object until something changes. */
  snapshot(): ControllerSnapshot {
    this.#snapshot ??= this.#take();
    return this.#snapshot;
  }

  /** Sessions to databases of the hub, until `end`. */
  get hub(): Access {
    return this.#world.hub;
  }

  counters(): ControllerCounters {
    return this.#world.counters.all();
  }

  /** Told after each change, a moment later; gives what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads the source at once, and looks at everything. */
  reload(): void {
    this.#options.manager.reloading();
    this.#options.journal.info('SIGHUP: the source is read anew');
    this.#follower.nudge();
    this.#eachWorker((worker) => worker.nudge(true));
    this.#options.manager.ready();
  }

  /** Ends after the current statement of each topology, and gives the lock back. Bucardo's daemons run on. */
  async stop(): Promise<void> {
    this.#options.manager.stopping();
    this.#ending.abort();
    this.#desk.end();
    this.#changed();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await this.#follower.ended;
    await this.#leadership.ended;
    await this.#leadership.lock()?.release();
    if (this.#gathering !== null) clearTimeout(this.#gathering);
  }

  /** Ends the sessions, when nobody uses them any more. */
  async end(): Promise<void> {
    await this.#world.hub.end();
    // A look that was given up on may still wait for an answer.
    abandonSessions();
  }

  #eachWorker(work: (worker: TopologyWorker) => void): void {
    for (const worker of this.#workers.values()) work(worker);
  }

  /** A source that cannot be read after a start: what the ledger knows as applied is kept going. */
  async #startFromLedger(): Promise<void> {
    while (this.#follower.reading === null && this.#follower.error === null && !this.#ending.signal.aborted)
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    if (this.#follower.reading === null && this.#workers.size === 0) this.#employ(inForce(null, [], await this.#ledger()));
  }

  async #follow(reading: Reading): Promise<void> {
    const ledger = await this.#ledger();
    // A still newer one came meanwhile: its own call follows.
    if (this.#follower.reading !== reading) return;
    this.#missing = missingNote(reading.topologies, ledger);
    this.#employ(inForce(reading, this.#inForce, ledger));
  }

  async #ledger(): Promise<Ledger> {
    try {
      return await readLedger(this.#world.hub.hub(this.#world.config.ledger).asQueryable());
    } catch (error) {
      if (error instanceof GoatherdError) return EMPTY_LEDGER;
      throw error;
    }
  }

  /** One worker for each topology in force. */
  #employ(wanted: readonly InForce[]): void {
    if (this.#ending.signal.aborted) return;
    this.#inForce = wanted;
    const names = new Set(wanted.map(({ topology }) => topology.name));
    for (const [name, worker] of this.#workers) {
      if (names.has(name)) continue;
      this.#workers.delete(name);
      this.#world.counters.forget(name);
      this.#world.journal.warn('no file names it any more: it runs on as it was, and nothing is planned for it', { topology: name });
      worker.stop().catch(fault);
    }
    for (const one of wanted) {
      const worker = this.#workers.get(one.topology.name);
      if (worker === undefined) this.#workers.set(one.topology.name, new TopologyWorker(this.#world, one));
      else worker.want(one);
    }
    this.#hearing.follow(this.#world.hub).catch(fault);
    this.#changed();
  }

  #lookEnded(): void {
    const { manager } = this.#options;
    this.#lastLoopAt = this.#world.now();
    manager.loopEnded();
    this.#hearing.follow(this.#world.hub).catch(fault);
    if ([...this.#workers.values()].every((worker) => worker.rests)) this.#memory.tidy();
    if (this.#ready || ![...this.#workers.values()].every((worker) => worker.looked)) return;
    this.#ready = true;
    this.#world.journal.info(`ready: ${[...this.#workers.keys()].toSorted().join(', ')}`);
    manager.ready();
  }

  #changed(): void {
    if (this.#gathering !== null) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      this.#snapshot = this.#take();
      this.#options.manager.status(statusLine(this.#snapshot));
      for (const listener of this.#listeners) listener();
    }, GATHER_MS);
  }

  #take(): ControllerSnapshot {
    const { tool } = this.#options;
    const topologies = [...this.#workers.values()]
      .map((worker) => worker.snapshot())
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const revision = this.#follower.reading?.revision ?? null;
    const all = (key: 'attempted' | 'applied'): string | null =>
      topologies.length > 0 && topologies.every((one) => one[key] === revision) ? revision : null;
    return {
      tool,
      host: hostname(),
      startedAt: this.#startedAt,
      now: this.#world.now(),
      lastLoopAt: this.#lastLoopAt,
      role: this.#role(),
      holder: this.#leadership.holder(),
      source: { ...this.#follower.snapshot(), attempted: all('attempted'), applied: all('applied') },
      conditions: this.#own.now(this.#follower, this.#leadership),
      topologies,
      problems: this.#follower.reading?.problems ?? [],
      notes: this.#missing === null ? [] : [this.#missing],
    };
  }

  #role(): ControllerSnapshot['role'] {
    if (this.#ending.signal.aborted) return 'stopping';
    if (this.#leadership.lock() !== null) return 'acting';
    return this.#leadership.holder() === null ? 'starting' : 'standby';
  }
}
