import { answerRequest, openRequests } from '../ledger/requests.ts';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { fault } from './fault.ts';
import type { TopologyWorker } from './topology/worker.ts';
import type { World } from './world.ts';

/** Sees to it that what people ask of the one that acts (rule 17) is answered: when it is told of a request, and every so often. */
export class RequestDesk {
  readonly #world: World;
  readonly #workers: ReadonlyMap<string, TopologyWorker>;
  readonly #timer: NodeJS.Timeout;
  #answering = false;

  /** `workers`: by topology, as they are at any time. */
  constructor(world: World, workers: ReadonlyMap<string, TopologyWorker>) {
    this.#world = world;
    this.#workers = workers;
    this.#timer = setInterval(() => this.look(), world.config.controller.lookEveryMs);
  }

  /** Answers what is open, unless that goes on already or another one acts. */
  look(): void {
    this.#answer().catch(fault);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Requests of different topologies side by side, those of one after the other. */
  async #answer(): Promise<void> {
    const { hub, config, journal, lock } = this.#world;
    if (this.#answering || lock() === null) return;
    this.#answering = true;
    try {
      for (;;) {
        const open = await openRequests(hub.hub(config.ledger).asQueryable());
        if (open.length === 0 || lock()?.held() !== true) return;
        const byTopology = Map.groupBy(open, ({ address }) => address.split('/')[0] ?? '');
        await Promise.all(
          [...byTopology].map(async ([name, requests]) => {
            for (const request of requests) {
              const worker = this.#workers.get(name);
              if (worker === undefined)
                await answerRequest(hub, request.id, { exitCode: 1, text: `the controller has no topology ${name}`, hint: null });
              else await worker.request(request);
            }
          }),
        );
      }
    } catch (error) {
      journal.warn(`requests could not be answered: ${messageOf(error)}`);
      if (!(error instanceof GoatherdError)) throw error;
    } finally {
      this.#answering = false;
    }
  }
}
