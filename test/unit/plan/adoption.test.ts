import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import type { ControlObservation, InstanceObservation } from '../../../src/observe/control-model.ts';
import type { Observation, ObservedDatabase } from '../../../src/observe/model.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { defaultHostConfig } from '../../../src/topology/host/host-config.ts';
import type { Mutable } from './world/world.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { look } from './world/world-observe.ts';
import { reconcile } from './world/world-run.ts';

const AB = 'bucardo_orders_a_b';
const BC = 'bucardo_orders_b_c';
const adopting = (from: string, to: string, more = ''): string =>
  `{from: ${from}, to: ${to}, ${more}bucardo: {adopt: {database: bucardo_orders_${from}_${to}, sync: orders_${from}_${to}}}}`;
const ADOPT = orders([adopting('a', 'b'), adopting('b', 'c')]);

interface Foreign {
  readonly observation: Observation;
  control(name: string): Mutable<ControlObservation>;
  database(name: string): Mutable<ObservedDatabase>;
}

/** A cascade that runs and that nobody knows: as other hands would have made it, but for the names, which happen to be ours. */
function foreign(): Foreign {
  const world = worldOf({ topology: orders(['a -> b', 'b -> c']) });
  reconcile(world, { choose: () => 0, approvals: [] });
  const seen = look(world).observation;
  const observation: Observation = {
    ...seen,
    hub: { ...seen.hub, databases: Object.fromEntries(Object.keys(seen.hub.databases).map((name) => [name, null])) },
    databases: Object.fromEntries(
      Object.entries(seen.databases).map(([name, one]) => [
        name,
        one.reachable && one.bucardo !== null ? { ...one, bucardo: { ...one.bucardo, mark: null } } : one,
      ]),
    ),
    instances: Object.fromEntries(
      Object.values(seen.instances).map((one): [string, InstanceObservation] => {
        const name = `bucardo_${one.name}`;
        return [name, { ...one, name, control: one.control === null ? null : { ...one.control, mark: null } }];
      }),
    ),
  };
  return {
    observation,
    control: (name) => observation.instances[name]?.control as Mutable<ControlObservation>,
    database: (name) => observation.databases[name] as Mutable<ObservedDatabase>,
  };
}

const planOf = (text: string, observation: Observation): Plan =>
  makePlan(withFormer(topologyOf(text), EMPTY_LEDGER), observation, EMPTY_LEDGER, defaultHostConfig, { approvals: [] });

const codesOf = (plan: Plan, address: string): readonly string[] =>
  plan.diagnostics.filter((one) => one.severity === 'error' && one.address === address).map((one) => one.code);

describe('the first plan over what other hands have made', () => {
  it('adopts, and does nothing else', () => {
    const plan = planOf(ADOPT, foreign().observation);
    expect(plan.steps.map((step) => [step.id, step.blocked])).toEqual([
      ['ledger', null],
      ['a-b/adopt', null],
      ['b-c/adopt', null],
    ]);
    expect(plan.diagnostics.filter((one) => one.severity !== 'note')).toEqual([]);
    expect(plan.verdict).toBe('changes');
    expect(plan.steps[1]?.work).toMatchObject({
      names: { control: AB, sync: 'orders_a_b', dbgroup: 'orders_a_b', relgroup: 'orders_a_b', aliases: { from: 'a', to: 'b' } },
    });
  });

  it('names what Bucardo calls the groups and databases', () => {
    const world = foreign();
    const control = world.control(AB);
    control.syncs = control.syncs.map((sync) => ({ ...sync, herd: 'theirs', dbs: 'all' }));
    control.herds = { theirs: control.herds['orders_a_b'] ?? [] };
    control.dbmap = control.dbmap.map((one) => ({ ...one, group: 'all', db: `srv_${one.db}` }));
    control.dbs = control.dbs.map((one) => ({ ...one, name: `srv_${one.name}` }));
    control.goats = control.goats.map((one) => ({
      ...one,
      db: `srv_${one.db}`,
      makedelta: one.makedelta === null ? null : `srv_${one.makedelta}`,
    }));
    expect(planOf(ADOPT, world.observation).steps[1]).toMatchObject({
      blocked: null,
      work: { names: { sync: 'orders_a_b', dbgroup: 'all', relgroup: 'theirs', aliases: { from: 'srv_a', to: 'srv_b' } } },
    });
  });

  it('is empty of everything where the file adopts nothing: the installation is foreign', () => {
    const plan = planOf(orders(['a -> b']), foreign().observation);
    expect(codesOf(plan, 'orders/a')).toContain('ForeignBucardo');
    expect(plan.steps.every((step) => step.blocked !== null)).toBe(true);
  });

  it('holds a new link below one that is to be adopted', () => {
    const plan = planOf(orders([adopting('a', 'b'), '{from: b, to: c}']), foreign().observation);
    expect(plan.steps.filter((step) => step.blocked === null).map((step) => step.id)).toEqual(['ledger', 'a-b/adopt']);
  });
});

describe('what has the same effect is adopted', () => {
  it('makedelta for the whole database', () => {
    const world = foreign();
    const control = world.control(AB);
    control.goats = control.goats.map((one) => ({ ...one, makedelta: null }));
    control.dbs = control.dbs.map((one) => ({ ...one, makedelta: one.name === 'b' }));
    expect(codesOf(planOf(ADOPT, world.observation), 'orders/a-b')).toEqual([]);
  });

  it('kick triggers where the file wants none', () => {
    const world = foreign();
    const control = world.control(AB);
    control.syncs = control.syncs.map((one) => ({ ...one, autokick: true, checktimeSeconds: null }));
    expect(codesOf(planOf(ADOPT, world.observation), 'orders/a-b')).toEqual([]);
  });
});

describe('what does something else is refused, with the reason', () => {
  const refused = (change: (world: Foreign) => void, text = ADOPT): readonly string[] => {
    const world = foreign();
    change(world);
    const plan = planOf(text, world.observation);
    expect(plan.steps.find((step) => step.id === 'a-b/adopt')?.blocked).toMatch(/^preflight: /);
    expect(plan.steps.some((step) => step.address === 'orders/a-b' && step.kind !== 'adopt')).toBe(false);
    return codesOf(plan, 'orders/a-b');
  };
  const edit =
    (change: (control: Mutable<ControlObservation>) => void) =>
    (world: Foreign): void =>
      change(world.control(AB));

  it.each<[string, string, (world: Foreign) => void]>([
    ['a sync that is not there', 'AdoptMissing', edit((control) => void (control.syncs = []))],
    ['a second target', 'AdoptMembers', edit((control) => void control.dbmap.push({ group: 'orders_a_b', db: 'x', role: 'target' }))],
    ['a second source', 'AdoptMembers', edit((control) => void (control.dbmap = control.dbmap.map((one) => ({ ...one, role: 'source' }))))],
    ['another database', 'AdoptDatabase', edit((control) => void (control.dbs = control.dbs.map((one) => ({ ...one, dbname: 'other' }))))],
    [
      'a database left out of runs',
      'AdoptDatabase',
      edit((control) => void (control.dbs = control.dbs.map((one) => ({ ...one, status: 'inactive' })))),
    ],
    [
      'a table more',
      'AdoptTables',
      edit(
        (control) =>
          void (control.herds = { orders_a_b: control.goats.filter((one) => !one.address.endsWith('customer')).map((one) => one.id) }),
      ),
    ],
    [
      'a sequence fewer',
      'AdoptSequences',
      edit((control) => void (control.herds = { orders_a_b: control.goats.filter((one) => one.type === 'table').map((one) => one.id) })),
    ],
    [
      'code of its own',
      'AdoptCustom',
      edit((control) => void control.customs.push({ kind: 'code', what: 'mailer', sync: 'orders_a_b', goat: null })),
    ],
    [
      'another name on the target',
      'AdoptCustom',
      edit(
        (control) =>
          void control.customs.push({
            kind: 'name',
            what: 'public.x',
            sync: '',
            goat: control.goats.find((one) => one.type === 'table')?.id ?? 0,
          }),
      ),
    ],
    [
      'columns left out',
      'AdoptColumns',
      edit((control) => void (control.customcols = { [control.goats.find((one) => one.type === 'table')?.id ?? 0]: 'SELECT id' })),
    ],
    [
      'a copy under way',
      'AdoptCopying',
      edit((control) => void (control.syncs = control.syncs.map((one) => ({ ...one, onetimecopy: 2 })))),
    ],
    [
      'a sync that does not run',
      'AdoptState',
      edit((control) => void (control.syncs = control.syncs.map((one) => ({ ...one, status: 'inactive' })))),
    ],
    [
      'changes that are not passed on',
      'AdoptCascade',
      edit((control) => void (control.goats = control.goats.map((one) => ({ ...one, makedelta: null })))),
    ],
    [
      'a dbgroup that another sync has',
      'AdoptShared',
      edit((control) => void control.syncs.push({ ...(control.syncs[0] as (typeof control.syncs)[number]), name: 'other', herd: 'h' })),
    ],
    [
      'a relgroup that a stranger has',
      'AdoptShared',
      edit((control) => void control.syncs.push({ ...(control.syncs[0] as (typeof control.syncs)[number]), name: 'other', dbs: 'd' })),
    ],
    ["another topology's control database", 'AdoptTaken', edit((control) => void (control.mark = 'goatherd: topology stock, instance x'))],
    [
      'a source that knows nothing of it',
      'AdoptSource',
      (world) => void ((world.database('a').bucardo as Mutable<NonNullable<ObservedDatabase['bucardo']>>).deltaNames = []),
    ],
  ])('%s: %s', (_, code, change) => {
    expect(refused(change)).toContain(code);
  });

  it('the file says stopped', () => {
    expect(refused(() => undefined, orders([adopting('a', 'b', 'state: stopped, '), adopting('b', 'c')]))).toEqual(['AdoptState']);
  });

  it('the file passes nothing on', () => {
    expect(refused(() => undefined, `${ADOPT}cascade: false\n`)).toEqual(['AdoptCascade']);
  });

  it('the other link is adopted all the same', () => {
    const world = foreign();
    world.control(AB).syncs = [];
    const plan = planOf(ADOPT, world.observation);
    expect(plan.steps.filter((step) => step.blocked === null).map((step) => step.id)).toEqual(['ledger', 'b-c/adopt']);
    expect(plan.verdict).toBe('blocked');
    expect(world.control(BC).syncs).toHaveLength(1);
  });
});
