/** What other hands made in the same places, and must be found as it was. */
import type { Step } from '../../../../src/plan/step-model.ts';
import { dataOf, declare, instanceOf, type World } from './world.ts';

const OTHER = 'legacy_sync';

/** A table that no link takes, another control database, rows of another sync on the source's tables. */
export function plantForeign(world: World): unknown {
  for (const [name, database] of Object.entries(world.databases)) {
    database.facts.tables.push({
      ...structuredClone(database.facts.tables[0] ?? Object.create(null)),
      oid: 99,
      schema: 'payroll',
      name: 'salary',
      address: 'payroll.salary',
      key: null,
      rights: { select: false, write: false, truncate: false, trigger: false, own: false },
    });
    dataOf(world, name, 'payroll.salary').rows.add('salary');
  }
  world.hub.databases['bucardo_legacy'] = 'made by hand';
  declare(world, {
    ...world.declared,
    links: world.declared.links.map((link) => ({ ...link, tables: { ...link.tables, exclude: ['payroll.*'] } })),
  });
  instanceOf(world, 'legacy').daemon = { pid: 7, startedAt: 1, syncs: [] };
  return foreignOf(world);
}

export function foreignOf(world: World): unknown {
  return structuredClone({
    tables: Object.values(world.databases).map(({ facts, data }) => [
      facts.tables.find((table) => table.address === 'payroll.salary'),
      [...(data.get('payroll.salary')?.rows ?? [])],
    ]),
    databases: Object.entries(world.hub.databases).filter(([, comment]) => comment?.startsWith('goatherd') !== true),
    legacy: world.instances['legacy'],
    other: OTHER,
  });
}

/** What a step names that the topology does not give it. */
export function strangersIn(world: World, step: Step): string[] {
  const { work } = step;
  const links = new Set(world.topology.links.map((link) => link.address));
  const instances = new Set(world.topology.links.map((link) => link.instance));
  const named: string[] = [];
  if ('link' in work && !links.has(work.link)) named.push(`${step.id} names ${work.link}`);
  if ('instance' in work && !instances.has(work.instance)) named.push(`${step.id} names ${work.instance}`);
  if ('database' in work && world.databases[work.database] === undefined) named.push(`${step.id} names ${work.database}`);
  if (JSON.stringify(work).includes('salary')) named.push(`${step.id} names payroll.salary`);
  return named;
}
