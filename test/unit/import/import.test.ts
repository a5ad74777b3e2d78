import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importBucardo } from '../../../src/import/from-bucardo.ts';
import { importWrapper } from '../../../src/import/from-wrapper.ts';
import { databaseName, topologyName } from '../../../src/import/names.ts';
import { readWrapperConfig, type WrapperConfig } from '../../../src/import/wrapper-config.ts';
import { topologyText } from '../../../src/import/write-topology.ts';
import { settingNames } from '../../../src/topology/form/settings.ts';
import { readTopology } from '../../../src/topology/resolve.ts';
import { db, everything, goat, sync } from './installation.ts';

/** UPDATE_GOLDEN=1 writes what comes out now; read the difference as a user would. */
async function compareGolden(name: string, text: string): Promise<void> {
  const path = join(import.meta.dirname, 'golden', name);
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(path, text);
  expect(text).toBe(await readFile(path, 'utf8'));
}

const errorsOf = (text: string): readonly string[] =>
  readTopology('orders.yaml', text)
    .problems.filter((one) => one.severity === 'error')
    .map((one) => one.message);

describe('from Bucardo', () => {
  const imported = importBucardo([everything], undefined, settingNames());
  const text = topologyText(imported);

  test('what can be a link is one, what cannot stands there as a comment with its reason, and the file is valid', async () => {
    await compareGolden('bucardo.yaml', text);
    expect(errorsOf(text)).toEqual([]);
  });

  test('every sync is in the file, whether it can be a link or not', () => {
    for (const { name } of everything.syncs) expect(text).toContain(`sync: ${name}`);
    expect(imported.links.filter((link) => link.held)).toHaveLength(7);
  });

  test('what goatherd made is refused, and says whose it is', () => {
    const syncs = Object.fromEntries(everything.syncs.map(({ name }, index) => [name, `orders/a-${'bcdefghijklmnop'[index]}`]));
    const own = { ...everything, managed: { topology: 'orders', syncs } };
    expect(() => importBucardo([own], undefined, settingNames())).toThrow(
      /^bucardo is goatherd's own, of topology orders: orders\/a-b, .* run in it$/,
    );
    const empty = { ...everything, syncs: [], managed: { topology: 'orders', syncs: {} } };
    expect(() => importBucardo([empty], undefined, settingNames())).toThrow("bucardo is goatherd's own, of topology orders");
  });

  test('what goatherd has adopted is left out with all that only it uses, and the others are written', () => {
    const [first, ...others] = everything.syncs;
    if (first === undefined) throw new Error('no sync');
    const managed = { topology: 'orders', syncs: { [first.name]: 'orders/a-b' } };
    const rest = importBucardo([{ ...everything, managed }], undefined, settingNames());
    const alone = importBucardo([{ ...everything, syncs: others }], undefined, settingNames());
    expect(rest.links.map((link) => link.where)).toEqual(alone.links.map((link) => link.where));
    expect(rest.findings.filter((one) => one.code === 'Managed').map((one) => one.message)).toEqual([
      `left out, as goatherd has them already: ${first.name}, which is orders/a-b`,
    ]);
    const unknown = importBucardo([{ ...everything, managed: { topology: 'orders', syncs: {} } }], undefined, settingNames());
    expect(unknown.findings.find((one) => one.code === 'Managed')?.message).toContain('its ledger does not say what');
  });

  test('no secret is written', () => {
    expect(text).not.toContain('hunter2');
    expect(text).toContain('password: {env: GOATHERD_HEADOFFI_PASSWORD}');
  });

  test('control databases of one cascade become one topology', async () => {
    const upper = { ...everything, database: 'upper', customCode: [], customColumns: [], customNames: [], settings: {} };
    const first = {
      ...upper,
      dbs: [db('primary_db', { host: 'pg-a' }), db('secondary_db', { host: 'pg-b', makedelta: true })],
      members: [
        { group: 'ab', db: 'primary_db', role: 'source' },
        { group: 'ab', db: 'secondary_db', role: 'target' },
      ],
      goats: [goat(1, 'primary_db', 'public.t')],
      herds: { ab: [1] },
      syncs: [sync('ab', 'ab', 'ab')],
    };
    const second = {
      ...first,
      database: 'lower',
      dbs: [db('primary_db', { host: 'PG-B' }), db('secondary_db', { host: 'pg-c' })],
      members: first.members.map((one) => ({ ...one, group: 'bc' })),
      herds: { bc: [1] },
      syncs: [sync('bc', 'bc', 'bc')],
    };
    const both = topologyText(importBucardo([first, second], 'orders', settingNames()));
    await compareGolden('two-controls.yaml', both);
    expect(readTopology('orders.yaml', both).topology?.links.map((link) => [link.id, link.control, link.sync])).toEqual([
      ['primaryd-secondar', 'upper', 'ab'],
      ['secondar-seconda2', 'lower', 'bc'],
    ]);
  });
});

describe("from the wrapper's configurations", () => {
  const read = async (name: string): Promise<WrapperConfig> => {
    const config = readWrapperConfig(name, await readFile(join(import.meta.dirname, 'wrapper', name), 'utf8'));
    if (typeof config === 'string') throw new Error(config);
    return config;
  };

  test('the cascade is found whatever the order of the files, and what has no key is listed', async () => {
    const configs = [await read('b-c.yml'), await read('a-b.yml')];
    const text = topologyText(importWrapper(configs, { topology: 'shop', adopt: true }));
    await compareGolden('wrapper.yaml', text);
    expect(errorsOf(text)).toEqual([]);
    expect(readTopology('shop.yaml', text).topology?.links.map((link) => link.id)).toEqual(['a-b', 'b-c']);
  });

  test('wishes only, where nothing is installed', async () => {
    const text = topologyText(importWrapper([await read('a-b.yml')], { topology: undefined, adopt: false }));
    expect(text).not.toContain('adopt:');
    expect(text).toContain('topology: shop_ab\n');
  });

  test('what is no configuration of the wrapper is refused in words', () => {
    expect(readWrapperConfig('x', 'links: [a -> b]')).toContain('`databases` and `bucardo`');
    expect(readWrapperConfig('x', 'databases: [')).toBeTypeOf('string');
    expect(readWrapperConfig('x', `a: &a [x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]`)).toBeTypeOf('string');
  });
});

test('names of others are fitted to what a topology takes', () => {
  expect(topologyName('My-Bucardo 2')).toBe('my_bucardo_2');
  expect(topologyName('42')).toBe('imported');
  expect(databaseName('primary_db', new Set())).toBe('primaryd');
  expect(databaseName('primary_db', new Set(['primaryd']))).toBe('primary2');
});
