import { expect, it } from 'vitest';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import { byAddress, instanceMark, namesInMark } from '../../../src/ledger/marks.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import type { Link } from '../../../src/topology/model.ts';
import { linkNames } from '../../../src/topology/names.ts';
import { orders, topologyOf } from './world/world-build.ts';

const linksOf = (links: readonly string[], more: readonly string[] = []): readonly Link[] => topologyOf(orders(links, more)).links;
const adopted = (link: Link): Link => ({
  ...link,
  control: 'bucardo',
  sync: 'nightly',
  dbgroup: 'all_dbs',
  relgroup: 'all',
  aliases: { from: 'srv1', to: 'srv2' },
});

it('a mark names the links, and nothing else where they have the names of new ones', () => {
  expect(instanceMark('orders', 'orders_a_b', 'bucardo_orders_a_b', linksOf(['a -> b']))).toBe(
    'goatherd: topology orders, instance orders_a_b, links a-b',
  );
  expect(instanceMark('orders', 'orders_main', 'bucardo_orders_main', linksOf(['a -> b', 'b -> c'], ['bucardo: {instance: main}']))).toBe(
    'goatherd: topology orders, instance orders_main, links a-b b-c',
  );
});

it('a mark has the same bytes when the names come from the ledger, whose jsonb orders keys otherwise', () => {
  const [link] = linksOf(['a -> b']) as [Link];
  const renamed = { ...link, aliases: { from: 'a', to: 'old' } };
  const fromLedger = { ...link, aliases: { to: 'old', from: 'a' } };
  expect(instanceMark('orders', link.instance, link.control, [fromLedger])).toBe(
    instanceMark('orders', link.instance, link.control, [renamed]),
  );
});

it('what a mark says is read back, other names too; a comment of others says nothing', () => {
  const [link] = linksOf(['a -> b']) as [Link];
  for (const one of [link, adopted(link), { ...link, aliases: { from: 'a', to: 'old' } }])
    expect(namesInMark(one.control, instanceMark('orders', one.instance, one.control, [one]))).toEqual([['orders/a-b', linkNames(one)]]);
  for (const comment of [null, '', 'payroll', 'goatherd: the ledger', 'goatherd: topology orders, instance x, links '])
    expect(namesInMark('x', comment)).toEqual([]);
  expect(namesInMark('bucardo_orders_a_b', 'goatherd: topology orders, instance orders_a_b, links a-b, names {"a-b"')).toEqual([]);
});

it('a link that a lost ledger does not know is looked for where its mark says', () => {
  const [link] = linksOf(['a -> b']) as [Link];
  const marked = byAddress(namesInMark('bucardo', instanceMark('orders', link.instance, 'bucardo', [adopted(link)])));
  const topology = withFormer(topologyOf(orders(['a -> b'])), { ...EMPTY_LEDGER, marked });
  expect(linkNames(topology.links[0] as Link)).toEqual(linkNames(adopted(link)));
});
