import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER, type Ledger, type LedgerLink } from '../../../src/ledger/model.ts';
import { definitionOf } from '../../../src/plan/view/definition.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { atAddressesNow, renamedAddresses } from '../../../src/plan/view/remembered/renamed-addresses.ts';
import { renamedRows, unknownFormers, withRenames } from '../../../src/plan/view/remembered/renames.ts';
import type { Topology } from '../../../src/topology/model.ts';
import { linkNames } from '../../../src/topology/names.ts';
import { topologyOf } from './world/world-build.ts';

const CHAIN = topologyOf(`topology: orders
databases: {a: {host: a, dbname: o}, b: {host: b, dbname: o}, c: {host: c, dbname: o}}
links: [a -> b, b -> c]
`);

const SEEN = {} as NonNullable<Ledger['seen']>[string]['place'];

/** What the ledger has after CHAIN was applied. */
const APPLIED: Ledger = {
  ...EMPTY_LEDGER,
  present: true,
  links: Object.fromEntries(
    CHAIN.links.map((link): [string, LedgerLink] => [
      link.address,
      {
        address: link.address,
        names: linkNames(link),
        leaves: [],
        identities: { from: `1/${link.from}`, to: `1/${link.to}` },
        definition: definitionOf(CHAIN, link) as unknown as LedgerLink['definition'],
        appliedDefinition: null,
        request: null,
        receipt: { mode: 'empty', copied: ['public.t'], skipped: [], rows: 1, endedAt: 1 },
        suspects: [],
        accepted: [],
        copying: [],
        recopy: null,
        provedAt: 1,
      },
    ]),
  ),
  suspensions: { 'orders/b-c': { by: 'eve', reason: 'index', since: 1 } },
  seen: { 'orders/b': { place: SEEN, tables: {} }, 'stock/b': { place: SEEN, tables: {} } },
  approvals: [{ id: '52fe-9103', topology: 'orders', step: 'b-c/empty-tables', by: 'eve' }],
};

const renamed = (databases: string, links: string): Topology =>
  topologyOf(`topology: orders\ndatabases: {a: {host: a, dbname: o}, ${databases}}\nlinks: [${links}]\n`);

const MIDDLE = renamed('hq: {host: b, dbname: o, renamed_from: b}, c: {host: c, dbname: o}', 'a -> hq, hq -> c');

describe('renamed_from', () => {
  it('at a database: what is kept of all its links is kept under their new addresses, in the names that they have', () => {
    const { links, suspensions, approvals, seen } = withRenames(MIDDLE, APPLIED);
    expect(Object.keys(seen ?? {})).toEqual(['orders/hq', 'stock/b']);
    expect(Object.keys(links)).toEqual(['orders/a-hq', 'orders/hq-c']);
    expect(links['orders/hq-c']).toMatchObject({
      address: 'orders/hq-c',
      formerAddress: 'orders/b-c',
      names: { sync: 'orders_b_c', aliases: { from: 'b', to: 'c' } },
      receipt: { rows: 1 },
      identities: { from: '1/b', to: '1/c' },
      definition: { id: 'hq-c', from: 'hq', to: 'c', address: 'orders/hq-c' },
    });
    expect(suspensions).toEqual({ 'orders/hq-c': APPLIED.suspensions['orders/b-c'] });
    expect(approvals.map((one) => one.step)).toEqual(['hq-c/empty-tables']);
  });

  it('is told once: what was renamed stays as it is, with `renamed_from` in the file and without', () => {
    const once = withRenames(MIDDLE, APPLIED);
    const written = {
      ...once,
      links: Object.fromEntries(renamedRows(once).map(({ formerAddress: _former, ...row }) => [row.address, row])),
    };
    expect(withRenames(MIDDLE, written)).toBe(written);
    expect(renamedRows(withRenames(MIDDLE, written))).toEqual([]);
  });

  it('of both ends, and of a link whose end has another entry', () => {
    const both = topologyOf(`topology: orders
databases: {x: {host: a, dbname: o, renamed_from: a}, y: {host: b, dbname: o, renamed_from: b}, z: {host: c, dbname: o}}
links: [x -> y, {from: y, to: z, renamed_from: b -> c}]
`);
    expect(renamedRows(withRenames(both, APPLIED)).map((row) => [row.formerAddress, row.address])).toEqual([
      ['orders/a-b', 'orders/x-y'],
      ['orders/b-c', 'orders/y-z'],
    ]);
  });

  it('of a link that its file no longer names: it leaves under its new name, and no database stands there twice', () => {
    const topology = withFormer(renamed('hq: {host: b, dbname: o, renamed_from: b}', 'a -> hq'), APPLIED);
    expect(topology.links.map((link) => [link.address, link.former ?? false, link.sync])).toEqual([
      ['orders/a-hq', false, 'orders_a_b'],
      ['orders/hq-c', true, 'orders_b_c'],
    ]);
    expect(topology.databases.map((database) => database.name)).toEqual(['a', 'c', 'hq']);
  });

  it('of a link says what its ends are called now, to a link that leaves the file with it too; not of a name that has an entry of its own', () => {
    const rows = (databases: string, links: string): readonly string[] =>
      Object.keys(withRenames(renamed(databases, links), APPLIED).links);
    const hq = 'hq: {host: b, dbname: o}';
    expect(rows(hq, '{from: a, to: hq, renamed_from: a-b}')).toEqual(['orders/a-hq', 'orders/hq-c']);
    expect(rows(`${hq}, b: {host: d, dbname: o}`, '{from: a, to: hq, renamed_from: a-b}')).toEqual(['orders/a-hq', 'orders/b-c']);
    // What was renamed before says nothing of a link that came later.
    const once = {
      ...APPLIED,
      links: { ...APPLIED.links, 'orders/a-hq': { ...APPLIED.links['orders/a-b'], address: 'orders/a-hq' } as LedgerLink },
    };
    expect(Object.keys(withRenames(renamed(hq, '{from: a, to: hq, renamed_from: a-b}'), once).links)).toContain('orders/b-c');
  });

  it('says which addresses are others now, and carries what is remembered there', () => {
    const both = topologyOf(`topology: orders
databases: {x: {host: a, dbname: o, renamed_from: a}, y: {host: b, dbname: o, renamed_from: b}, z: {host: c, dbname: o}}
links: [x -> y, {from: y, to: z, renamed_from: b -> c}]
`);
    const renames = renamedAddresses(both);
    expect(Object.fromEntries(renames)).toMatchObject({
      'orders/a': 'orders/x',
      'orders/b': 'orders/y',
      'orders/c': 'orders/z',
      'orders/a-b': 'orders/x-y',
      'orders/x-b': 'orders/x-y',
      'orders/b-c': 'orders/y-z',
    });
    const at = (address: string, n: number) => ({ address, n });
    expect(atAddressesNow([at('orders/a-b', 1), at('orders/y-z', 2), at('stock/b', 3), at('orders/b-c', 4)], renames)).toEqual([
      at('orders/x-y', 1),
      at('orders/y-z', 4),
      at('orders/y-z', 2),
      at('stock/b', 3),
    ]);
    expect([...renamedAddresses(CHAIN)]).toEqual([]);
  });

  it('never takes the place of a link that the ledger knows', () => {
    const row = APPLIED.links['orders/a-b'];
    const known = { ...APPLIED, links: { ...APPLIED.links, 'orders/a-hq': { ...(row as LedgerLink), address: 'orders/a-hq' } } };
    expect(renamedRows(withRenames(MIDDLE, known)).map((one) => one.address)).toEqual(['orders/hq-c']);
  });

  it('leaves other topologies alone', () => {
    const others = Object.fromEntries(
      Object.values(APPLIED.links).map((row) => [
        `stock/${row.address.split('/')[1]}`,
        { ...row, address: `stock/${row.address.split('/')[1]}` },
      ]),
    );
    const known = { ...APPLIED, links: others };
    expect(withRenames(MIDDLE, known)).toBe(known);
  });

  it('of something that never was is told, unless nothing of the topology was ever set up', () => {
    const topology = renamed(
      'hq: {host: b, dbname: o, renamed_from: nobody}, c: {host: c, dbname: o}',
      'a -> hq, {from: hq, to: c, renamed_from: q-c}',
    );
    const formers = (known: Ledger): readonly string[] =>
      topology.links.flatMap((link) => unknownFormers(topology, withRenames(topology, known), link));
    expect(formers(APPLIED)).toEqual(['database nobody', 'database nobody', 'link q-c']);
    expect(formers(EMPTY_LEDGER)).toEqual([]);
  });
});
