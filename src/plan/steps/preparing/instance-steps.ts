import { controlDatabase } from '../../../bucardo/names.ts';
import type { ControlObservation } from '../../../observe/control-model.ts';
import type { Observation } from '../../../observe/model.ts';
import type { HostConfig, Topology } from '../../../topology/model.ts';
import { factKey } from '../../drift/fact.ts';
import { otherThanDefault, wantedSettings } from '../../view/settings.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/** Control database and settings of each instance. `left`: keys of drift that is left alone. */
export function instanceSteps(
  config: HostConfig,
  topology: Topology,
  observation: Observation,
  instance: string,
  depth: number,
  left: ReadonlySet<string>,
): Draft[] {
  const control = observation.instances[instance]?.control ?? null;
  const database = topology.links.find((link) => link.instance === instance)?.control ?? controlDatabase(instance);
  const address = `${topology.name}/instance/${instance}`;
  if (control === null ? !left.has(factKey.control) : !control.pruning && !left.has(factKey.pruning)) {
    return [
      draft({
        id: stepId.control(instance),
        kind: 'control_database',
        symbol: '+',
        address,
        what: control === null ? `control database ${database}` : `pruning of ${database}'s run log`,
        reason: control === null ? 'not present on the hub' : 'its run log would grow for ever',
        on: ['hub'],
        after: [stepId.ledger],
        work: { kind: 'control_database', instance },
        phase: PHASE.control,
        depth,
        objects: 1,
        estimateSeconds: 1,
      }),
    ];
  }
  if (control === null) return [];
  const other = otherSettings(config, topology, observation, instance, control).filter(({ name }) => !left.has(factKey.setting(name)));
  if (other.length === 0) return [];
  return [
    draft({
      id: stepId.settings(instance),
      kind: 'settings',
      symbol: '~',
      address,
      what: `settings ${other.map(({ name }) => name).join(', ')}`,
      reason: 'other than declared',
      on: ['hub'],
      after: [stepId.ledger],
      work: { kind: 'settings', instance, settings: Object.fromEntries(other.map(({ name, after }) => [name, after])) },
      phase: PHASE.control,
      depth,
      objects: other.length,
      before: other.map(({ name, before }) => `${name} = ${before ?? '(none)'}`),
      afterFacts: other.map(({ name, after }) => `${name} = ${after}`),
    }),
  ];
}

/** Settings that are not as they shall be. */
export function otherSettings(
  config: HostConfig,
  topology: Topology,
  observation: Observation,
  instance: string,
  control: ControlObservation,
): readonly { readonly name: string; readonly before: string | null; readonly after: string }[] {
  const wanted = wantedSettings(config, topology, observation, instance);
  const other = { ...otherThanDefault(control), ...wanted };
  return Object.keys(other)
    .filter((name) => control.settings[name] !== other[name])
    .map((name) => ({ name, before: control.settings[name] ?? null, after: other[name] ?? '' }));
}
