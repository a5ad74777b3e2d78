import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validate } from '../../../src/cli/validate.ts';
import { diskFiles } from '../../../src/lib/files.ts';
import { plainStyle } from '../../../src/lib/style.ts';
import { loadTopologies } from '../../../src/topology/load.ts';
import { filesOf } from './support.ts';

function topology(name: string, host: string, rest = ''): string {
  return `topology: ${name}\ndatabases:\n  a: {host: ${host}-a, dbname: x}\n  b: {host: ${host}-b, dbname: x}\nlinks: [a -> b]\n${rest}`;
}

const codes = (problems: readonly { readonly code: string }[]): string[] => problems.map(({ code }) => code);

describe('loadTopologies', () => {
  test('reads the yaml and yml of a directory in order, and topologies/ by default', async () => {
    const files = filesOf({
      'topologies/b.yml': topology('two', 'q'),
      'topologies/a.yaml': topology('one', 'p'),
      'topologies/.hidden.yaml': 'x',
      'topologies/README.md': 'x',
      'topologies/below/c.yaml': 'x',
    });
    const { topologies, problems } = await loadTopologies([], files);
    expect(problems).toEqual([]);
    expect(topologies.map(({ name, file }) => [name, file])).toEqual([
      ['one', 'topologies/a.yaml'],
      ['two', 'topologies/b.yml'],
    ]);
  });

  test('reads a file once, however often it is named', async () => {
    const { topologies, problems } = await loadTopologies(['t', 't/a.yaml', 't/a.yaml'], filesOf({ 't/a.yaml': topology('one', 'p') }));
    expect([topologies.length, problems]).toEqual([1, []]);
  });

  test('tells the problems of all files at once and keeps the sound ones', async () => {
    const files = filesOf({ 't/a.yaml': topology('one', 'p', 'x: 1\ny: 2\n'), 't/b.yaml': topology('two', 'q'), 't/c.yaml': '' });
    const { topologies, problems } = await loadTopologies(['t'], files);
    expect(topologies.map(({ name }) => name)).toEqual(['two']);
    expect(problems.map(({ at, code }) => `${at.file}:${at.line} ${code}`)).toEqual([
      't/a.yaml:6 UnknownKey',
      't/a.yaml:7 UnknownKey',
      't/c.yaml:1 EmptyFile',
    ]);
  });

  test('a problem between files is one of both', async () => {
    const files = filesOf({ 't/a.yaml': topology('one', 'p'), 't/b.yaml': topology('one', 'q'), 't/c.yaml': topology('three', 'r') });
    const { topologies, problems } = await loadTopologies(['t'], files);
    expect(topologies.map(({ name }) => name)).toEqual(['three']);
    expect(codes(problems)).toEqual(['DuplicateTopology']);
  });

  test('the same source may stand in several files', async () => {
    const second = topology('two', 'p').replace('p-b', 'q-b');
    expect((await loadTopologies(['t'], filesOf({ 't/a.yaml': topology('one', 'p'), 't/b.yaml': second }))).problems).toEqual([]);
  });

  test.each([
    ['a missing path', 'nowhere.yaml', 'NoFile'],
    ['a directory without any', 'none', 'NoTopology'],
    ['a large file', 't/large.yaml', 'FileTooLarge'],
    ['bytes', 't/bytes.yaml', 'NotUtf8'],
  ])('%s is a problem', async (_what, path, code) => {
    const files = filesOf({
      'none/': '',
      't/large.yaml': `${topology('one', 'p')}#${' '.repeat(1024 * 1024)}`,
      't/bytes.yaml': Uint8Array.of(0xff, 0xfe, 0x41, 0),
    });
    const { topologies, problems } = await loadTopologies([path], files);
    expect([topologies, codes(problems)]).toEqual([[], [code]]);
  });

  test('a byte order mark and Windows line ends change nothing', async () => {
    const { topologies, problems } = await loadTopologies(
      ['a.yaml'],
      filesOf({ 'a.yaml': `\ufeff${topology('one', 'p').replaceAll('\n', '\r\n')}` }),
    );
    expect(problems).toEqual([]);
    expect(topologies[0]!.databases[0]!.at).toEqual({ file: 'a.yaml', line: 3, column: 3 });
  });
});

describe('on a disk', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'goatherd-load-'));
    await mkdir(join(directory, 'folder.yaml'));
    await writeFile(join(directory, 'a.yaml'), topology('one', 'p'));
    await symlink(join(directory, 'a.yaml'), join(directory, 'link.yaml'));
    await symlink(join(directory, 'gone'), join(directory, 'dangling.yaml'));
    await writeFile(join(directory, 'secret.yaml'), topology('two', 'q'));
    await chmod(join(directory, 'secret.yaml'), 0o000);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('links are followed once, folders left out, and what cannot be read is a problem', async () => {
    const { topologies, problems } = await loadTopologies([directory], diskFiles);
    expect(topologies.map(({ name }) => name)).toContain('one');
    // Root reads everything.
    const unreadable = process.getuid?.() === 0 ? [] : ['Unreadable'];
    expect(codes(problems)).toEqual(['NoFile', ...unreadable]);
  });

  test.each(['/dev/null', '/dev/zero'])('%s is not read', async (path) => {
    expect(codes((await loadTopologies([path], diskFiles)).problems)).toEqual(['Unreadable']);
  });

  test('validate says what it saw and exits with 0 or 78', async () => {
    const run = async (...paths: string[]): Promise<{ code: number; out: string; err: string }> => {
      let [out, err] = ['', ''];
      const code = await validate(paths, { stdout: (text) => (out += text), stderr: (text) => (err += text) }, plainStyle);
      return { code, out, err };
    };
    expect(await run(join(directory, 'a.yaml'))).toEqual({ code: 0, out: '1 topology, 1 link: valid\n', err: '' });
    await writeFile(join(directory, 'b.yml'), topology('two', 'q').replace('links: [a', '  c: {host: z, dbname: z}\nlinks: [a'));
    const warned = await run(join(directory, 'a.yaml'), join(directory, 'b.yml'));
    expect(warned).toMatchObject({ code: 0, out: '2 topologies, 2 links: valid, 1 warning\n' });
    expect(warned.err).toContain('warning UnusedDatabase');
    const missing = await run(join(directory, 'nowhere.yaml'));
    expect(missing).toMatchObject({ code: 78, out: '' });
    expect(missing.err).toMatch(/nowhere\.yaml: error NoFile: .*\n\n1 error\n$/s);
  });
});
