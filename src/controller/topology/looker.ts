import { EMPTY_LEDGER, type Ledger } from '../../ledger/model.ts';
import { readLedger } from '../../ledger/read.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { observe, type Look } from '../../observe/observe.ts';
import { observeAgain } from '../../observe/observe-again.ts';
import { observeBacklog, observeCopies } from '../../observe/observe-backlog.ts';
import { observeDeltaBytes } from '../../observe/observe-delta-bytes.ts';
import { observeUnpurged } from '../../observe/observe-unpurged.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Unpurged } from '../../observe/model.ts';
import type { Plan } from '../../plan/model.ts';
import { copyingLinks, statusOf } from '../../plan/status/status.ts';
import type { TopologyStatus } from '../../plan/status/status-model.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { Access } from '../../postgres/access.ts';
import type { Topology } from '../../topology/model.ts';
import { fault } from '../fault.ts';
import type { World } from '../world.ts';

/** A look that takes longer is given up, with its sessions: somebody does not answer, and does not refuse either. */
const GIVES_UP_AFTER_MS = 120_000;

/** Everything that one look brings. */
export interface Sight {
  readonly look: Look;
  /** With the links that only the ledger knows. */
  readonly topology: Topology;
  readonly plan: Plan;
  readonly status: TopologyStatus;
  /** Bytes of Bucardo's tables, by source; measured with a deep look. */
  readonly deltaBytes: Readonly<Record<string, number>>;
  /** What each source keeps though it was delivered; measured with a deep look. */
  readonly unpurged: Readonly<Record<string, Unpurged>>;
  readonly deep: boolean;
  /** When it began, epoch milliseconds. */
  readonly at: number;
}

/** Looks at one topology, with sessions that are kept from look to look. */
export class Looker {
  readonly #world: World;
  #access: Access | null = null;
  /** What the sessions were made for. */
  #topology: Topology | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** The sessions of the last look, for acting; null before the first. */
  get access(): Access | null {
    return this.#access;
  }

  /**
   * `before`: what a cheap look takes the catalogs from; null for a deep one. `acting`: somebody uses the sessions, so that they are kept.
   * @throws GoatherdError `LookTimeout`
   */
  async look(wanted: Topology, before: Sight | null, acting: boolean): Promise<Sight> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new GoatherdError('LookTimeout', `no look came to an end within ${GIVES_UP_AFTER_MS / 1000} s`, { retry: 'retry' })),
        GIVES_UP_AFTER_MS,
      );
    });
    const looking = this.#look(wanted, before, acting);
    try {
      return await Promise.race([looking, late]);
    } catch (error) {
      looking.catch(() => undefined);
      if (!acting) this.forget();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the sessions; the next look opens others. */
  forget(): void {
    this.#access?.end().catch(fault);
    this.#access = null;
    this.#topology = null;
  }

  /** Ends the sessions at once, in the middle of a statement too. Whoever holds them is given others for the next. */
  abandon(): void {
    this.#access?.abandon();
  }

  async #look(wanted: Topology, before: Sight | null, acting: boolean): Promise<Sight> {
    const at = this.#world.now();
    const { deep, look, topology } =
      (before === null ? null : await this.#cheap(wanted, before, acting)) ?? (await this.#deep(wanted, before, acting));
    const access = this.#accessFor(topology, acting);
    const backlog = await observeBacklog(access, topology);
    const deltaBytes = deep || before === null ? await observeDeltaBytes(access, topology) : before.deltaBytes;
    const unpurged = deep || before === null ? await observeUnpurged(access, topology) : before.unpurged;
    const copies = await observeCopies(access, topology, copyingLinks(topology, look.observation, look.ledger));
    this.#world.counters.took(wanted.name, 'observe', (this.#world.now() - at) / 1000);
    const began = performance.now();
    const plan = makePlan(topology, look.observation, look.ledger, this.#world.config, { approvals: [] });
    this.#world.counters.took(wanted.name, 'plan', (performance.now() - began) / 1000);
    return {
      look,
      topology,
      plan,
      status: statusOf(topology, look.observation, look.ledger, plan, { backlog, copies, unpurged }),
      deltaBytes,
      unpurged,
      deep,
      at,
    };
  }

  /** Null when only a deep look tells. */
  async #cheap(wanted: Topology, before: Sight, acting: boolean): Promise<Pick<Sight, 'look' | 'topology' | 'deep'> | null> {
    const { topology } = before;
    const look = await observeAgain(this.#accessFor(topology, acting), topology, before.look);
    // A link that left or came back is looked at with its databases.
    if (look === null || (look.observation.hub.reachable && addressesOf(withFormer(wanted, look.ledger)) !== addressesOf(topology)))
      return null;
    return { look, topology, deep: false };
  }

  async #deep(wanted: Topology, before: Sight | null, acting: boolean): Promise<Pick<Sight, 'look' | 'topology' | 'deep'>> {
    const topology = withFormer(wanted, await this.#ledger(before));
    // Secrets are references: what they refer to is read anew with new sessions.
    if (!acting) this.forget();
    const look = await observe(this.#accessFor(topology, acting), topology);
    return { look, topology, deep: true };
  }

  async #ledger(before: Sight | null): Promise<Ledger> {
    const { hub, config } = this.#world;
    try {
      return await readLedger(hub.hub(config.ledger).asQueryable());
    } catch (error) {
      if (error instanceof GoatherdError) return before?.look.ledger ?? EMPTY_LEDGER;
      throw error;
    }
  }

  /** While somebody acts with the sessions they stay: its topology names the same databases, or more. */
  #accessFor(topology: Topology, acting: boolean): Access {
    if (this.#access !== null && this.#topology !== null && (acting || sameConnections(this.#topology, topology))) return this.#access;
    const { config, hub } = this.#world;
    this.#access?.end().catch(fault);
    this.#topology = topology;
    this.#access = new Access(config, topology, { applicationName: 'goatherd controller', idleMs: 3 * config.controller.lookEveryMs }, hub);
    return this.#access;
  }
}

function addressesOf(topology: Topology): string {
  return topology.links
    .map((link) => `${link.address} ${link.sync} ${link.control}${link.former === true ? ' former' : ''}`)
    .toSorted()
    .join(' ');
}

function sameConnections(one: Topology, other: Topology): boolean {
  const of = (topology: Topology): string =>
    JSON.stringify([
      topology.databases.map(({ name, connection, schemaOwner }) => [name, connection, schemaOwner ?? null]),
      topology.links.map(({ instance, control, leaves }) => [instance, control, leaves ?? null]),
    ]);
  return of(one) === of(other);
}
