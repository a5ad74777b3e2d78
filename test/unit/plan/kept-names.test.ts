import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER, type Ledger, type LedgerLink } from '../../../src/ledger/model.ts';
import { forgottenLinks } from '../../../src/plan/view/remembered/forgotten.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { definitionOf } from '../../../src/plan/view/definition.ts';
import type { Link, Topology } from '../../../src/topology/model.ts';
import { freshNames, type LinkNames } from '../../../src/topology/names.ts';
import { orders, topologyOf } from './world/world-build.ts';

function row(address: string, names: Partial<LinkNames> = {}, definition: LedgerLink['definition'] = null): LedgerLink {
  const [topology = '', id = ''] = address.split('/');
  const [from = '', to = ''] = id.split('-');
  return {
    address,
    names: { ...freshNames(topology, from, to, names.instanceName ?? null), ...names },
    leaves: [],
    identities: { from: null, to: null },
    definition,
    appliedDefinition: null,
    request: null,
    receipt: null,
    suspects: [],
    accepted: [],
    copying: [],
    recopy: null,
    provedAt: null,
  };
}

const ledgerOf = (...rows: readonly LedgerLink[]): Ledger => ({
  ...EMPTY_LEDGER,
  present: true,
  links: Object.fromEntries(rows.map((one) => [one.address, one])),
});

const linkOf = (topology: Topology, id: string): Link => {
  const link = topology.links.find((one) => one.id === id);
  if (link === undefined) throw new Error(`no link ${id}`);
  return link;
};

/** Names that other hands gave: a control database, a sync, groups and databases that are called otherwise. */
const FOREIGN: Partial<LinkNames> = {
  instance: 'orders_main',
  control: 'bucardo',
  sync: 'nightly',
  dbgroup: 'all_dbs',
  relgroup: 'all_tables',
  aliases: { from: 'srv1', to: 'srv2' },
};

describe('names of links', () => {
  it('are <topology>_<from>_<to> for what the ledger does not know', () => {
    const link = linkOf(withFormer(topologyOf(orders(['a -> b'])), EMPTY_LEDGER), 'a-b');
    expect(link).toMatchObject({
      sync: 'orders_a_b',
      dbgroup: 'orders_a_b',
      relgroup: 'orders_a_b',
      instance: 'orders_a_b',
      control: 'bucardo_orders_a_b',
      aliases: { from: 'a', to: 'b' },
    });
  });

  it('are those of the ledger where it knows the link', () => {
    const topology = withFormer(topologyOf(orders(['a -> b', 'b -> c'])), ledgerOf(row('orders/a-b', FOREIGN)));
    expect(linkOf(topology, 'a-b')).toMatchObject(FOREIGN);
    expect(linkOf(topology, 'b-c')).toMatchObject({ sync: 'orders_b_c', control: 'bucardo_orders_b_c', aliases: { from: 'b', to: 'c' } });
  });

  it('are those of the ledger for a link that its file no longer names, too', () => {
    const declared = topologyOf(orders(['a -> b']));
    const definition = definitionOf(declared, linkOf(declared, 'a-b')) as unknown as LedgerLink['definition'];
    const topology = withFormer(topologyOf(orders(['b -> c'])), ledgerOf(row('orders/a-b', FOREIGN, definition)));
    expect(linkOf(topology, 'a-b')).toMatchObject({ ...FOREIGN, former: true });
  });

  it('never are those of another link: what was renamed keeps the name that a new one would get', () => {
    const ledger = ledgerOf(row('orders/a-c', freshNames('orders', 'a', 'b', null)));
    const topology = withFormer(topologyOf(orders(['a -> c', 'a -> b'])), ledger);
    expect(linkOf(topology, 'a-c')).toMatchObject({ sync: 'orders_a_b', instance: 'orders_a_b', control: 'bucardo_orders_a_b' });
    expect(linkOf(topology, 'a-b')).toMatchObject({
      sync: 'orders_a_b2',
      dbgroup: 'orders_a_b2',
      relgroup: 'orders_a_b2',
      instance: 'orders_a_b2',
      control: 'bucardo_orders_a_b2',
    });
  });

  it('of databases agree within one instance, and never mean two', () => {
    const shared = { ...freshNames('orders', 'a', 'b', 'main'), aliases: { from: 'a', to: 'b' } };
    // a-b was renamed to a-c: the instance still calls c by the name b, and a database b comes anew.
    const ledger = ledgerOf(row('orders/a-c', shared));
    const text = orders(['a -> c', 'c -> d', 'a -> b'], ['bucardo: {instance: main}'], ['a', 'b', 'c', 'd']);
    const topology = withFormer(topologyOf(text), ledger);
    expect(linkOf(topology, 'c-d').aliases).toEqual({ from: 'b', to: 'd' });
    expect(linkOf(topology, 'a-b').aliases).toEqual({ from: 'a', to: 'b2' });
  });

  it('of instances: links of a named one are where those of that name are', () => {
    const text = orders(['a -> b', 'b -> c'], ['bucardo: {instance: main}']);
    const topology = withFormer(topologyOf(text), ledgerOf(row('orders/a-b', { ...FOREIGN, instanceName: 'main' })));
    expect(linkOf(topology, 'b-c')).toMatchObject({ instance: 'orders_main', control: 'bucardo', sync: 'orders_b_c' });
    expect(linkOf(topology, 'b-c').leaves).toBeUndefined();
  });

  it('stay where a link gets another instance, which says where it comes from', () => {
    const ledger = ledgerOf(
      row('orders/a-b'),
      row('orders/b-c', { instanceName: 'main', instance: 'orders_main', control: 'bucardo_orders_main' }),
    );
    const topology = withFormer(topologyOf(orders(['{from: a, to: b, bucardo: {instance: main}}', 'b -> c'])), ledger);
    expect(linkOf(topology, 'a-b')).toMatchObject({
      sync: 'orders_a_b',
      instance: 'orders_main',
      control: 'bucardo_orders_main',
      leaves: [{ instance: 'orders_a_b', control: 'bucardo_orders_a_b', aliases: { from: 'a', to: 'b' } }],
    });
    expect(linkOf(topology, 'b-c')).toMatchObject({
      instance: 'orders_b_c',
      control: 'bucardo_orders_b_c',
      leaves: [{ instance: 'orders_main', control: 'bucardo_orders_main', aliases: { from: 'b', to: 'c' } }],
    });
  });

  it('do not depend on the order of the file', () => {
    const links = ['a -> b', 'a -> c', 'a -> d'];
    const names = ['a', 'b', 'c', 'd'];
    const ledger = ledgerOf(row('orders/a-d', freshNames('orders', 'a', 'b', null)));
    const namesIn = (order: readonly string[]): readonly (readonly [string, string])[] =>
      withFormer(topologyOf(orders(order, [], names)), ledger)
        .links.map((link): [string, string] => [link.id, link.sync])
        .toSorted(([one], [other]) => (one < other ? -1 : 1));
    expect(namesIn(links.toReversed())).toEqual(namesIn(links));
  });
});

it('a renamed link is not forgotten in the instance that it has to leave, whose mark still has its former address', () => {
  const topology = topologyOf(orders(['a -> c']));
  const left = freshNames('orders', 'a', 'c', 'pool');
  const found = (leaves: LedgerLink['leaves']) =>
    forgottenLinks(topology, { ...ledgerOf({ ...row('orders/a-c'), leaves }), marked: { 'orders/a-b': [left] } }, {}).map(
      (one) => one.address,
    );
  expect(found([left])).toEqual([]);
  expect(found([])).toEqual(['orders/a-b']);
});
