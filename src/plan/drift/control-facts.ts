import type { Observation } from '../../observe/model.ts';
import type { HostConfig, Topology } from '../../topology/model.ts';
import { endsForDatabase, makedeltaChanges, type Sorted } from '../steps/preparing/makedelta.ts';
import { missingMembers } from '../steps/preparing/membership-step.ts';
import { goatsToWrite, registerFacts } from '../steps/preparing/register-step.ts';
import { otherSettings } from '../steps/preparing/instance-steps.ts';
import { type Planned, standsStill, wantsRunning } from '../steps/planned.ts';
import { runId, stepId } from '../steps/step-ids.ts';
import { receiptOf } from '../view/copies/copy.ts';
import { type DriftFact, factKey } from './fact.ts';

/** What stands otherwise in the control database of a link that was applied. */
export function controlFacts(
  topology: Topology,
  planned: Planned,
  sorted: Sorted,
  observation: Observation,
  known: ReadonlySet<string>,
): readonly DriftFact[] {
  const { view, carried } = planned;
  const { link, control } = view;
  const fact = (rest: Omit<DriftFact, 'address' | 'loses'>, loses = false): DriftFact => ({ address: link.address, loses, ...rest });
  // All of it is gone: that is one fact, and not one for each row.
  if (control === null) return [];
  const rows = registerFacts(view, observation)
    .filter((row) => row.secret !== true)
    .map((row) =>
      fact({
        key: factKey.row(row.what),
        code: 'MetadataChanged',
        of: `rows of sync ${link.sync}`,
        object: row.what,
        before: row.before,
        after: row.after,
        step: stepId.register(view),
      }),
    );
  const others = goatsToWrite(view, carried);
  const edited = new Set(others.filter((goat) => goat.edited).map((goat) => goat.address));
  const goats = others
    .filter((goat) => known.has(goat.address) && !goat.edited)
    .map((goat) =>
      fact({
        key: factKey.goat(goat.address),
        code: 'GoatChanged',
        of: `goats of ${link.from}`,
        object: goat.address,
        before: goat.before,
        after: 'as declared',
        step: stepId.register(view),
      }),
    );
  const members = missingMembers(view, carried)
    .filter((address) => known.has(address) && !edited.has(address))
    .map((address) =>
      fact({
        key: factKey.member(address),
        code: 'NotMember',
        of: `members of relgroup ${link.relgroup}`,
        object: address,
        before: 'absent',
        after: 'present',
        step: stepId.membership(view),
      }),
    );
  // What is written down for the whole database is passed on: that it is not said of each table has lost nothing.
  const whole = control.dbs.find((db) => db.name === link.aliases.to)?.makedelta === true;
  const database: readonly DriftFact[] = endsForDatabase(topology, view, sorted)
    ? [
        fact({
          key: factKey.makedeltaWhole,
          code: 'MakedeltaWhole',
          of: `makedelta for ${link.to}`,
          object: link.to,
          before: 'the whole database',
          after: 'each table that is passed on',
          step: sorted.free.some((one) => one.view.link.from === link.to) ? stepId.makedelta(view) : stepId.makedeltaOff(view),
        }),
      ]
    : [];
  const makedelta = makedeltaChanges(topology, view, sorted)
    .filter((goat) => known.has(goat.address))
    .map((goat) => {
      const off = goat.makedelta === null || !goat.makedelta.split(',').includes(link.aliases.to);
      return fact(
        {
          key: factKey.makedelta(goat.address),
          code: off ? 'MakedeltaOn' : whole ? 'MakedeltaWhole' : 'MakedeltaOff',
          of: `makedelta of ${link.from}'s tables for ${link.to}`,
          object: goat.address,
          before: goat.now ?? '(none)',
          after: goat.makedelta ?? '(none)',
          step: off ? stepId.makedeltaOff(view) : stepId.makedelta(view),
        },
        !off && !whole,
      );
    });
  return [...rows, ...goats, ...members, ...database, ...makedelta, ...statusFacts(planned)];
}

function statusFacts(planned: Planned): readonly DriftFact[] {
  const { view } = planned;
  const { link, sync } = view;
  if (sync === null || standsStill(planned)) return [];
  const active = sync.status === 'active';
  const common = { key: factKey.status, address: link.address, of: `status of sync ${link.sync}`, object: 'status', loses: false } as const;
  if (wantsRunning(view) && receiptOf(view) && !active)
    return [{ ...common, code: 'SyncInactive', before: sync.status, after: 'active', step: runId.activate(view) }];
  if (!wantsRunning(view) && active)
    return [{ ...common, code: 'SyncActive', before: 'active', after: 'inactive', step: runId.deactivate(view) }];
  return [];
}

/** What stands otherwise in a control database as a whole; said of one link that uses it. `onPurpose`: settings that follow from what other links are. */
export function instanceFacts(config: HostConfig, topology: Topology, observation: Observation, planned: Planned): readonly DriftFact[] {
  const { link } = planned.view;
  const control = observation.instances[link.instance]?.control ?? null;
  const common = { address: link.address, loses: false } as const;
  if (control === null)
    return [
      {
        ...common,
        key: factKey.control,
        code: 'ControlDatabaseMissing',
        of: 'control database',
        object: link.instance,
        before: 'absent',
        after: 'present',
        step: stepId.control(link.instance),
      },
    ];
  const pruning: DriftFact[] = control.pruning
    ? []
    : [
        {
          ...common,
          key: factKey.pruning,
          code: 'PruningMissing',
          of: 'control database',
          object: 'pruning of its run log',
          before: 'absent',
          after: 'present',
          step: stepId.control(link.instance),
        },
      ];
  const settings = otherSettings(config, topology, observation, link.instance, control)
    // It follows from how many targets a source has, which others may change: it is put right whatever the policy is.
    .filter((setting) => setting.name !== 'bucardo_vac')
    .map((setting): DriftFact => ({
      ...common,
      key: factKey.setting(setting.name),
      code: 'SettingChanged',
      of: `settings of ${link.instance}`,
      object: setting.name,
      before: setting.before,
      after: setting.after,
      step: stepId.settings(link.instance),
    }));
  return [...pruning, ...settings];
}
