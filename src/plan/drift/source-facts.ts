import { DELTA_TRIGGER, kickName, truncateName } from '../../bucardo/names.ts';
import type { Observation } from '../../observe/model.ts';
import type { ObservedTrigger } from '../../observe/table-model.ts';
import { kickBackTables } from '../steps/preparing/trigger-steps.ts';
import { lackingGlobals } from '../steps/preparing/helpers-step.ts';
import type { Planned } from '../steps/planned.ts';
import { runId, stepId } from '../steps/step-ids.ts';
import { receiptOf } from '../view/copies/copy.ts';
import type { WantedTable } from '../view/wanted.ts';
import { type DriftFact, factKey } from './fact.ts';

/** More names than this are counted. */
const MANY = 4;

const MODES: Readonly<Record<ObservedTrigger['enabled'], string>> = { O: 'ORIGIN', D: 'disabled', A: 'ALWAYS', R: 'REPLICA' };

/**
 * What stands otherwise on the source of a link that was applied. `known`: tables that the link replicates already; what others lack is
 * a change, as they only now join. A key that was altered is one, too.
 */
export function sourceFacts({ view, carried }: Planned, observation: Observation, known: ReadonlySet<string>): readonly DriftFact[] {
  const { link, source } = view;
  if (source === null) return [];
  const fact = (rest: Omit<DriftFact, 'address'>): DriftFact => ({ address: link.address, ...rest });
  const tables = carried.tables.filter((one) => known.has(one.table.address));
  const kicks = kickBackTables(view).map((table) =>
    fact({
      key: factKey.kickBack(table.address),
      code: 'KickTriggerBack',
      of: `kick triggers on ${link.from}`,
      object: `${table.address} ${kickName(link.sync)}`,
      before: 'present',
      after: 'absent',
      loses: false,
      step: stepId.dropKick(view),
    }),
  );
  const lacking = lackingGlobals(view, observation, carried);
  const globals =
    lacking.length > 0
      ? [
          fact({
            key: factKey.functions,
            code: 'FunctionMissing',
            of: `functions of Bucardo on ${link.from}`,
            object: lacking.length > MANY ? `${lacking.length} functions and tables` : lacking.join(', '),
            before: 'missing or changed',
            after: 'as installed',
            loses: false,
            step: stepId.helpers(view),
          }),
        ]
      : [];
  return [...globals, ...tables.flatMap((one) => [...triggerFacts(view, one), ...helperFacts(view, one)]), ...kicks];
}

function triggerFacts(view: Planned['view'], one: WantedTable): readonly DriftFact[] {
  const { link } = view;
  const { address } = one.table;
  const names: Readonly<Record<string, string>> = {
    delta: DELTA_TRIGGER,
    truncate: truncateName(link.sync),
    kick: kickName(link.sync),
  };
  const seen = (name: string): ObservedTrigger | undefined => one.table.bucardo?.triggers.find((trigger) => trigger.name === name);
  const missing = one.triggers
    .filter((kind) => kind !== 'truncate' || !one.otherTruncate)
    .map((kind): DriftFact => {
      const name = names[kind] ?? kind;
      return {
        key: factKey.trigger(address, kind),
        address: link.address,
        code: kind === 'kick' ? 'KickTriggerMissing' : 'TriggerMissing',
        of: `${kind} triggers on ${link.from}`,
        object: `${address} ${name}`,
        before: describe(seen(name)),
        after: 'as declared',
        loses: kind !== 'kick',
        step: stepId.triggers(view),
      };
    });
  const absent = new Set(one.triggers.map((kind) => names[kind]));
  const mode = (names_: readonly string[], always: boolean): DriftFact[] =>
    names_
      // One that is missing gets its mode when it is put back.
      .filter((name) => !absent.has(name) && seen(name) !== undefined)
      .map((name) => ({
        key: always ? factKey.always(address) : factKey.ordinary(address),
        address: link.address,
        code: always ? 'NotAlways' : 'StillAlways',
        of: `triggers on ${link.from}`,
        object: `${address} ${name}`,
        before: MODES[seen(name)?.enabled ?? 'O'],
        after: always ? 'ALWAYS' : 'ORIGIN',
        loses: always && one.work.truncate === 'record' && name === truncateName(link.sync),
        step: always ? runId.always(view) : runId.ordinary(view),
      }));
  // They are set ALWAYS when the copy of the link above is complete: a link that never had its own has nothing to lose yet.
  return [...missing, ...(receiptOf(view) ? [...mode(one.notAlways, true), ...mode(one.stillAlways, false)] : [])];
}

function describe(trigger: ObservedTrigger | undefined): string {
  if (trigger === undefined) return 'absent';
  return trigger.enabled === 'O' ? `calls ${trigger.functionName}` : MODES[trigger.enabled];
}

const ON_DELTA_TABLE: ReadonlySet<string> = new Set(['delta default', 'index dex1', 'index dex2']);

function helperFacts(view: Planned['view'], one: WantedTable): readonly DriftFact[] {
  const { link } = view;
  const { address } = one.table;
  // Made for another key: that is an edit of the table, and no drift.
  if (one.helpers.includes('delta columns')) return [];
  const codes: Readonly<Record<string, DriftFact['code']>> = {
    'delta table': 'DeltaTableMissing',
    'delta function': 'DeltaFunction',
    'delta default': 'DeltaDefault',
  };
  // What stood on a table that is gone is gone with it.
  const absent = one.helpers.includes('delta table') ? ON_DELTA_TABLE : new Set();
  return one.helpers
    .filter((helper) => !absent.has(helper))
    .map((helper) => {
      const code = codes[helper] ?? 'HelperMissing';
      return {
        key: factKey.helper(address, helper),
        address: link.address,
        code,
        of: code === 'HelperMissing' ? `helper objects on ${link.from}` : `${helper}s on ${link.from}`,
        object: `${address} ${helper}`,
        before: helper === 'delta default' ? (one.table.bucardo?.deltaDefault ?? null) : 'missing or changed',
        after: 'as declared',
        loses: code === 'DeltaTableMissing' || code === 'DeltaFunction',
        step: stepId.helpers(view),
      };
    });
}
