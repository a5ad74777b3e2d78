import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asksForTheSame, inForce } from '../../../src/controller/source/in-force.ts';
import { directorySource } from '../../../src/controller/source/directory.ts';
import { gitSource, LastGood } from '../../../src/controller/source/git.ts';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import { diskFiles } from '../../../src/lib/files.ts';
import { definitionOf } from '../../../src/plan/view/definition.ts';
import { freshNames } from '../../../src/topology/names.ts';
import type { GitSource } from '../../../src/topology/model.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'goatherd-sources-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const topology = (name: string, more = ''): string => `topology: ${name}
databases: {a: {host: pg-a, dbname: ${name}}, b: {host: pg-b, dbname: ${name}}}
links: [a -> b]
${more}`;

const names = (reading: { readonly topologies: readonly { readonly name: string }[] }): readonly string[] =>
  reading.topologies.map(({ name }) => name);

async function newDirectory(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  return directory;
}

describe('a directory', () => {
  test('is another revision when a file changes, comes or goes, and the same while nothing does', async () => {
    const directory = await newDirectory('plain', { 'orders.yaml': topology('orders') });
    const source = directorySource(directory, diskFiles, 30_000);
    const first = await source.read();
    expect(names(first)).toEqual(['orders']);
    expect((await source.read()).revision).toBe(first.revision);
    await writeFile(join(directory, 'orders.yaml'), topology('orders', 'kick_interval: 5s'));
    const second = await source.read();
    expect(second.revision).not.toBe(first.revision);
    await writeFile(join(directory, 'stock.yaml'), topology('stock'));
    expect(names(await source.read())).toEqual(['orders', 'stock']);
    await rm(join(directory, 'orders.yaml'));
    expect(names(await source.read())).toEqual(['stock']);
  });

  test('that is empty or gone says nothing, and an emptied file is a broken one', async () => {
    const directory = await newDirectory('emptied', { 'orders.yaml': topology('orders') });
    const source = directorySource(directory, diskFiles, 30_000);
    await source.read();
    await writeFile(join(directory, 'orders.yaml'), '');
    expect(await source.read()).toMatchObject({ topologies: [], problems: [{ severity: 'error' }] });
    await rm(join(directory, 'orders.yaml'));
    await expect(source.read()).rejects.toMatchObject({ code: 'SourceEmpty' });
    await rm(directory, { recursive: true });
    await expect(source.read()).rejects.toMatchObject({ code: 'SourceEmpty' });
    await newDirectory('emptied', { 'orders.yaml': topology('orders') });
    expect(names(await source.read())).toEqual(['orders']);
  });

  test('whose files are links into a directory that is swapped, as a ConfigMap does it, and one that is replaced, are seen', async () => {
    const directory = await newDirectory('configmap', {});
    await mkdir(join(directory, '..one'));
    await writeFile(join(directory, '..one', 'orders.yaml'), topology('orders'));
    await symlink('..one', join(directory, '..data'));
    await symlink('..data/orders.yaml', join(directory, 'orders.yaml'));
    const source = directorySource(directory, diskFiles, 30_000);
    const first = await source.read();
    await mkdir(join(directory, '..two'));
    await writeFile(join(directory, '..two', 'orders.yaml'), topology('orders', 'kick_interval: 2s'));
    await symlink('..two', join(directory, '..next'));
    await rename(join(directory, '..next'), join(directory, '..data'));
    const second = await source.read();
    expect(second.topologies[0]?.links[0]?.kickIntervalSeconds).toBe(2);
    expect(second.revision).not.toBe(first.revision);
    await newDirectory('replacement', { 'orders.yaml': topology('orders', 'kick_interval: 3s') });
    await rename(directory, `${directory}.old`);
    await rename(join(root, 'replacement'), directory);
    expect((await source.read()).topologies[0]?.links[0]?.kickIntervalSeconds).toBe(3);
  });

  test('is not believed in the middle of a write', async () => {
    let texts = [topology('orders'), 'topology: ord', 'topology: orders\ndatab', topology('orders', 'kick_interval: 4s')];
    const directory = await newDirectory('slow', { 'orders.yaml': '' });
    const source = directorySource(
      directory,
      {
        ...diskFiles,
        read: () => {
          const [text = '', ...rest] = texts;
          if (rest.length > 0) texts = rest;
          return Promise.resolve(new TextEncoder().encode(text));
        },
      },
      30_000,
    );
    await source.read();
    expect((await source.read()).topologies[0]?.links[0]?.kickIntervalSeconds).toBe(4);
  });

  test('is watched: a file that is written nudges', async () => {
    const directory = await newDirectory('watched', { 'orders.yaml': topology('orders') });
    const source = directorySource(directory, diskFiles, 30_000);
    const nudged = new Promise<void>((resolve) => {
      source.watch(resolve);
    });
    const writing = setInterval(() => {
      writeFile(join(directory, 'orders.yaml'), topology('orders', `# ${Math.random()}`)).catch(() => undefined);
    }, 50);
    await nudged;
    clearInterval(writing);
    await source.close();
  });
});

describe('what is in force', () => {
  test('keeps a broken file at what it said, takes the others, and knows after a restart what was applied', async () => {
    const directory = await newDirectory('broken', { 'orders.yaml': topology('orders'), 'stock.yaml': topology('stock') });
    const source = directorySource(directory, diskFiles, 30_000);
    const first = await source.read();
    const before = inForce(first, [], EMPTY_LEDGER);
    expect(before.map(({ topology: one, revision, problems }) => [one.name, revision, problems])).toEqual([
      ['orders', first.revision, []],
      ['stock', first.revision, []],
    ]);
    await writeFile(join(directory, 'orders.yaml'), 'topology: orders\nlinks: [a - b]\n');
    await writeFile(join(directory, 'stock.yaml'), topology('stock', 'kick_interval: 9s'));
    const second = await source.read();
    const now = inForce(second, before, EMPTY_LEDGER);
    expect(now.map((one) => [one.topology.name, one.desired, one.revision, one.problems.length > 0])).toEqual([
      ['orders', second.revision, first.revision, true],
      ['stock', second.revision, second.revision, false],
    ]);
    expect(asksForTheSame(now[0]?.topology ?? fail(), before[0]?.topology ?? fail())).toBe(true);
    expect(asksForTheSame(now[1]?.topology ?? fail(), before[1]?.topology ?? fail())).toBe(false);

    const known = first.topologies[0] ?? fail();
    const link = known.links[0] ?? fail();
    const ledger = {
      ...EMPTY_LEDGER,
      present: true,
      links: {
        'orders/a-b': {
          address: 'orders/a-b',
          sync: 'orders_a_b',
          instance: 'orders_a_b',
          names: freshNames('orders', 'a', 'b', null),
          identities: { from: null, to: null },
          recopy: null,
          leaves: [],
          definition: JSON.parse(JSON.stringify(definitionOf(known, link))),
          appliedDefinition: null,
          request: null,
          receipt: null,
          suspects: [],
          accepted: [],
          copying: [],
          provedAt: null,
        },
      },
    };
    const restarted = inForce(second, [], ledger);
    expect(restarted.map((one) => [one.topology.name, one.revision])).toEqual([
      ['orders', null],
      ['stock', second.revision],
    ]);
    expect(restarted[0]?.topology.links.map(({ address, former }) => [address, former])).toEqual([['orders/a-b', undefined]]);
    // A file that is gone is not in force: nothing is planned for its topology (rule 13).
    await rm(join(directory, 'orders.yaml'));
    expect(inForce(await source.read(), now, ledger).map((one) => one.topology.name)).toEqual(['stock']);
    expect(inForce(null, [], ledger).map((one) => one.topology.name)).toEqual(['orders']);
    expect(inForce(null, now, ledger)).toBe(now);
  });
});

describe('git', () => {
  const environment = {
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 't',
    GIT_AUTHOR_EMAIL: 't@example.org',
    GIT_COMMITTER_NAME: 't',
    GIT_COMMITTER_EMAIL: 't@example.org',
  };

  async function repository(
    name: string,
  ): Promise<{ url: string; git: (...words: string[]) => Promise<string>; commit: (text: string) => Promise<string> }> {
    const url = join(root, name);
    await mkdir(join(url, 'topologies'), { recursive: true });
    const git = async (...words: string[]): Promise<string> => (await execa('git', words, { cwd: url, env: environment })).stdout;
    await git('init', '--quiet', '--initial-branch=main', '.');
    const commit = async (text: string): Promise<string> => {
      await writeFile(join(url, 'topologies', 'orders.yaml'), text);
      await git('add', '-A');
      await git('commit', '--quiet', '--allow-empty', '-m', 'change');
      return git('rev-parse', 'HEAD');
    };
    return { url, git, commit };
  }

  const settings = (url: string, more: Partial<GitSource> = {}): GitSource => ({
    kind: 'git',
    url,
    ref: 'main',
    path: 'topologies',
    intervalMs: 60_000,
    requireSigned: false,
    ...more,
  });

  test('follows a branch: a commit, a revert, a push that was forced, a tag, a commit by its id', async () => {
    const { url, git, commit } = await repository('branch');
    const one = await commit(topology('orders'));
    const source = gitSource(settings(url), join(root, 'cache'));
    expect(await source.read()).toMatchObject({ revision: one, topologies: [{ name: 'orders', file: 'topologies/orders.yaml' }] });
    const two = await commit(topology('orders', 'kick_interval: 7s'));
    const second = await source.read();
    expect([second.revision, second.topologies[0]?.links[0]?.kickIntervalSeconds]).toEqual([two, 7]);
    await git('revert', '--no-edit', 'HEAD');
    const reverted = await source.read();
    expect(reverted.revision).toBe(await git('rev-parse', 'HEAD'));
    expect(reverted.topologies[0]?.links[0]?.kickIntervalSeconds).toBe(1);
    await git('reset', '--quiet', '--hard', one);
    const three = await commit(topology('orders', 'kick_interval: 8s'));
    expect((await source.read()).revision).toBe(three);
    await git('tag', '-a', '-m', 'v1', 'v1', one);
    expect((await gitSource(settings(url, { ref: 'v1' }), join(root, 'cache')).read()).revision).toBe(one);
    expect((await gitSource(settings(url, { ref: one }), join(root, 'cache')).read()).revision).toBe(one);
  });

  test('says why it cannot be read, and knows after a restart what was good', async () => {
    const { url, git, commit } = await repository('failing');
    const good = await commit(topology('orders'));
    const cache = join(root, 'cache-failing');
    const source = gitSource(settings(url), cache);
    await source.read();
    await git('rm', '--quiet', '-r', 'topologies');
    await git('commit', '--quiet', '-m', 'all gone');
    await expect(source.read()).rejects.toMatchObject({ code: 'SourceEmpty' });
    await rename(url, `${url}.away`);
    await expect(source.read()).rejects.toMatchObject({
      code: 'FetchFailed',
      message: expect.stringContaining('does not appear to be a git repository'),
    });
    const restarted = gitSource(settings(url), cache);
    const error = await restarted.read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LastGood);
    expect((error as LastGood).reading.revision).toBe(good);
    await rename(`${url}.away`, url);
    await expect(gitSource(settings(url, { ref: 'nowhere' }), cache).read()).rejects.toMatchObject({ code: 'FetchFailed' });
  });

  test('reads only plain files of the commit: a symbolic link leads nowhere', async () => {
    const { url, git } = await repository('links');
    await writeFile(join(url, 'topologies', 'orders.yaml'), topology('orders'));
    await symlink('/etc/passwd', join(url, 'topologies', 'passwd.yaml'));
    await git('add', '-A');
    await git('commit', '--quiet', '-m', 'a link');
    const reading = await gitSource(settings(url), join(root, 'cache')).read();
    expect(names(reading)).toEqual(['orders']);
    expect(reading.problems).toMatchObject([{ code: 'Unreadable', at: { file: 'topologies/passwd.yaml' } }]);
  });

  test('with require_signed takes a commit that a trusted key signed, and no other', async () => {
    const { url, git, commit } = await repository('signed');
    const key = join(root, 'key');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 't@example.org', '-f', key]);
    const trusted = join(root, 'trusted');
    const { stdout } = await execa('ssh-keygen', ['-y', '-f', key]);
    await writeFile(trusted, `t@example.org ${stdout}\n`);
    const config = join(root, 'gitconfig');
    await writeFile(config, `[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = ${trusted}\n[user]\n\tsigningkey = ${key}\n`);
    const before = process.env['GIT_CONFIG_GLOBAL'];
    process.env['GIT_CONFIG_GLOBAL'] = config;
    try {
      const source = gitSource(settings(url, { requireSigned: true }), join(root, 'cache'));
      await commit(topology('orders'));
      await expect(source.read()).rejects.toMatchObject({ code: 'SignatureInvalid' });
      await execa('git', ['commit', '--quiet', '--amend', '--no-edit', '-S'], {
        cwd: url,
        env: { ...environment, GIT_CONFIG_GLOBAL: config },
      });
      const signed = await git('rev-parse', 'HEAD');
      expect((await source.read()).revision).toBe(signed);
      await commit(topology('orders', 'kick_interval: 5s'));
      await expect(source.read()).rejects.toMatchObject({ code: 'SignatureInvalid' });
      await writeFile(trusted, '');
      await expect(gitSource(settings(url, { requireSigned: true, ref: signed }), join(root, 'cache-other')).read()).rejects.toMatchObject({
        code: 'SignatureInvalid',
      });
    } finally {
      if (before === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
      else process.env['GIT_CONFIG_GLOBAL'] = before;
    }
  });
});

function fail(): never {
  throw new Error('it is there');
}
