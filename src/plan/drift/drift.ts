import type { Heal, Ledger } from '../../ledger/model.ts';
import type { Observation } from '../../observe/model.ts';
import type { HostConfig, Topology } from '../../topology/model.ts';
import type { Sorted } from '../steps/preparing/makedelta.ts';
import { type Planned, wantsRunning } from '../steps/planned.ts';
import type { Carried } from '../view/carried.ts';
import { definitionHash } from '../view/definition.ts';
import { receiptOf } from '../view/copies/copy.ts';
import { replicatedBy } from '../view/replicated.ts';
import { lossFacts } from './loss-facts.ts';
import { controlFacts, instanceFacts } from './control-facts.ts';
import { daemonFacts } from './daemon-facts.ts';
import { type DriftFact, factKey, type Treatment } from './fact.ts';
import { partitionFacts } from './partition-facts.ts';
import { sourceFacts } from './source-facts.ts';
import { strayFacts } from './stray-facts.ts';
import { type Strays, straysOf } from './strays.ts';

/** A fact that drifted, and what is done about it. */
export type Drift = DriftFact & { readonly treatment: Treatment };

/** Everything that drifted. */
export interface Drifted {
  readonly facts: readonly Drift[];
  /** Leftovers that are to be swept. */
  readonly strays: readonly Strays[];
  /** All that was found of links that are no more, and of other hands. */
  readonly unknown: readonly Strays[];
}

/** A fact that was put back more often than this within an hour is left alone (rule 15). */
const HEALS_AN_HOUR = 3;
const HOUR_MS = 3_600_000;

/** Keys of facts that one daemon or control database shares between its links. */
const OF_INSTANCE = /^(?:control database|pruning|setting .*|daemon|status)$/;

interface Scene {
  readonly config: HostConfig;
  readonly topology: Topology;
  readonly observation: Observation;
  readonly ledger: Ledger;
}

/**
 * Every fact of links that were applied as they are declared which is not so any more, and whether it is put back. A link that is declared
 * otherwise since, or was never applied in full, has not drifted: what it lacks is a change. `seen`: what was observed, strays included.
 */
export function driftOf(scene: Scene, seen: Observation, planned: readonly Planned[], sorted: Sorted): Drifted {
  const { config, topology, observation, ledger } = scene;
  const applied = planned.filter(({ view }) => isApplied(scene, view.link.address));
  const facts = applied.flatMap((one): readonly DriftFact[] => {
    const { link } = one.view;
    const first = applied.find((other) => other.view.link.instance === link.instance) === one;
    const known = replicatedBy(one);
    return [
      ...(first && observation.hub.reachable ? instanceFacts(config, topology, observation, one) : []),
      ...controlFacts(topology, one, sorted, observation, known),
      ...sourceFacts(one, observation, known),
      ...daemonFacts(one, first),
      ...lossFacts(one, known),
      ...partitionFacts(one),
    ];
  });
  // While a link is adopted, what stands for it is not known yet to be no leftover (rule 12).
  const strays = planned.length < topology.links.length ? [] : straysOf({ ...scene, observation: seen }, planned);
  const leftovers = strays.flatMap((one) => strayFacts(topology, one));
  const tired = new Set(facts.filter((fact) => isContended(ledger, observation, topology, fact)).map((fact) => instanceKey(planned, fact)));
  const touching = (address: string): readonly Planned[] =>
    planned.filter(({ view }) => [view.link.from, view.link.to].some((name) => `${topology.name}/${name}` === address));
  const warned = (some: readonly Planned[]): boolean =>
    some.length > 0 && some.every(({ view }) => view.link.drift === 'warn' && isApplied(scene, view.link.address));
  const left = leftovers.map((fact): Drift => ({ ...fact, treatment: warned(touching(fact.address)) ? 'warn' : 'heal' }));
  const ofLinks = facts.map((fact): Drift => {
    if (fact.step === null) return { ...fact, treatment: 'warn' };
    if (tired.has(instanceKey(planned, fact))) return { ...fact, treatment: 'contended' };
    const concerned = OF_INSTANCE.test(fact.key)
      ? planned.filter(({ view }) => view.link.instance === instanceOf(planned, fact))
      : planned.filter(({ view }) => view.link.address === fact.address);
    return { ...fact, treatment: warned(concerned) && !fact.loses && fact.ours !== true ? 'warn' : 'heal' };
  });
  return {
    facts: [...ofLinks, ...left],
    strays: strays.filter((one) => !left.some((fact) => fact.treatment === 'warn' && fact.address === `${topology.name}/${one.database}`)),
    unknown: strays,
  };
}

function isApplied({ topology, ledger }: Scene, address: string): boolean {
  const link = topology.links.find((one) => one.address === address);
  return link !== undefined && ledger.links[address]?.appliedDefinition === definitionHash(topology, link);
}

function instanceOf(planned: readonly Planned[], fact: DriftFact): string {
  return planned.find(({ view }) => view.link.address === fact.address)?.view.link.instance ?? '';
}

/** What a fact is left alone together with: a daemon is stopped and started for all its links. */
function instanceKey(planned: readonly Planned[], fact: DriftFact): string {
  return OF_INSTANCE.test(fact.key) ? `${instanceOf(planned, fact)} ${fact.key}` : `${fact.address} ${fact.key}`;
}

function isContended(ledger: Ledger, observation: Observation, topology: Topology, fact: DriftFact): boolean {
  const link = topology.links.find((one) => one.address === fact.address);
  // A daemon that dies is nobody's doing: whoever starts it again and again gives it time.
  if (link === undefined || observation.now === undefined || fact.key === factKey.daemon) return false;
  const since = observation.now - HOUR_MS;
  const hash = definitionHash(topology, link);
  const heals = (ledger.heals?.[fact.address] ?? []).filter(
    (heal) => heal.fact === fact.key && heal.at > since && heal.definition === hash,
  );
  return isTooOften(heals);
}

/** Whether one fact, put back within the last hour as `heals` say, is left alone from now on. */
export function isTooOften(heals: readonly Heal[]): boolean {
  return heals.length > HEALS_AN_HOUR;
}

/** Links with the facts that are left alone taken for as declared, so that no step of theirs puts them back. */
export function leavingAlone(planned: readonly Planned[], drift: readonly Drift[]): readonly Planned[] {
  const left = drift.filter((fact) => fact.treatment !== 'heal');
  if (left.length === 0) return planned;
  return planned.map((one) => {
    const { view } = one;
    const keys = new Set(
      left
        .filter(
          (fact) => fact.address === view.link.address || (OF_INSTANCE.test(fact.key) && instanceOf(planned, fact) === view.link.instance),
        )
        .map((fact) => fact.key),
    );
    if (keys.size === 0) return one;
    // A sync that is left inactive is not in its daemon either.
    if (keys.has(factKey.status)) keys.add(factKey.daemon);
    const idle = wantsRunning(view) && receiptOf(view) && view.sync?.status !== 'active' && keys.has(factKey.status);
    return {
      ...one,
      view: { ...view, left: keys, link: idle ? { ...view.link, state: 'stopped' } : view.link },
      carried: withoutLeft(one.carried, keys),
    };
  });
}

function withoutLeft(carried: Carried, left: ReadonlySet<string>): Carried {
  return {
    ...carried,
    tables: carried.tables.map((one) => {
      const { address } = one.table;
      const helpers = one.helpers.filter((helper) => !left.has(factKey.helper(address, helper)));
      const triggers = one.triggers.filter((trigger) => !left.has(factKey.trigger(address, trigger)));
      return {
        ...one,
        helpers,
        triggers,
        work: { ...one.work, missing: [...helpers, ...triggers] },
        notAlways: left.has(factKey.always(address)) ? [] : one.notAlways,
        stillAlways: left.has(factKey.ordinary(address)) ? [] : one.stillAlways,
      };
    }),
  };
}
