import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree } from '../../../src/cli/command-tree.ts';
import { complete } from '../../../src/cli/completion/candidates.ts';
import { completionScript, SHELLS } from '../../../src/cli/completion/scripts.ts';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** The words that may stand at the end of the line, of which the last word is begun. */
async function wordsFor(line: string, seen: (paths: readonly string[]) => void = () => undefined): Promise<readonly string[] | 'files'> {
  const found = await complete(commandTree(), line.split(' ').slice(1), ['Ready', 'CopyComplete'], async (paths) => {
    seen(paths);
    return Promise.resolve({ topologies: ['orders', 'stock'], links: ['orders/a-b', 'orders/b-c', 'stock/a-d'] });
  });
  return found.kind === 'files' ? 'files' : found.words.map(({ word }) => word);
}

describe('what completes a command line', () => {
  it('names every command, and none that is hidden', async () => {
    const words = await wordsFor('goatherd ');
    expect(words).toEqual(
      expect.arrayContaining(
        commandTree()
          .commands.map((one) => one.name())
          .filter((name) => name !== '__complete'),
      ),
    );
    expect(words).not.toContain('__complete');
  });

  it.each([
    ['goatherd rec', ['reconcile']],
    ['goatherd lab ', ['up', 'down', 'status', 'help']],
    ['goatherd --config x rec', ['reconcile']],
    ['goatherd reconcile --dry', ['--dry-run']],
    ['goatherd reconcile --output ', ['text', 'json', 'markdown']],
    ['goatherd reconcile --output=j', ['--output=json']],
    ['goatherd reconcile --output = j', ['json']],
    ['goatherd reconcile --only orders/', ['orders/a-b', 'orders/b-c']],
    ['goatherd reconcile --destroy ', ['orders', 'stock']],
    ['goatherd reconcile --timeout ', []],
    ['goatherd explain s', ['stock', 'stock/a-d']],
    ['goatherd kick ', ['orders/a-b', 'orders/b-c', 'stock/a-d']],
    ['goatherd kick orders/a-b ', []],
    ['goatherd status --wait Co', ['CopyComplete']],
    ['goatherd completion ', ['bash', 'zsh', 'fish']],
    ['goatherd reconcile topologies/x.yaml ', 'files'],
    ['goatherd validate ', 'files'],
    ['goatherd explain --path ', 'files'],
    ['goatherd import --from-wrapper ', 'files'],
    ['goatherd nothing ', expect.arrayContaining(['reconcile'])],
  ])('%s', async (line, words) => {
    expect(await wordsFor(line)).toEqual(words);
  });

  it.each([
    ['goatherd reconcile there --only ', ['there']],
    ['goatherd kick --path there ', ['there']],
    ['goatherd reconcile --output json --only ', []],
  ])('%s looks for names in the files that the line names', async (line, paths) => {
    const asked: (readonly string[])[] = [];
    await wordsFor(line, (given) => asked.push(given));
    expect(asked).toEqual([paths]);
  });
});

describe('in a shell', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goatherd-completion-'));
    await writeFile(join(folder, 'goatherd'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"\n`);
    await chmod(join(folder, 'goatherd'), 0o755);
    for (const shell of SHELLS) await writeFile(join(folder, shell), completionScript(shell));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const bash = async (words: readonly string[]): Promise<readonly string[]> => {
    const script = `source '${join(folder, 'bash')}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _goatherd; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const environment = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', ...words], { cwd: root, env: environment });
    return stdout.split('\n').filter((line) => line !== '');
  };

  it('bash gets the links of the topologies at hand', async () => {
    expect(await bash(['goatherd', 'reconcile', '--only', 'orders/'])).toEqual(['orders/a-b', 'orders/b-c']);
  });

  it('bash gets the commands that begin so', async () => {
    expect(await bash(['goatherd', 'su'])).toEqual(['suspend']);
  });

  it.for(['zsh', 'fish'] as const)('%s reads its script', async (shell, { skip }) => {
    const there = await run(shell, ['--version']).then(
      () => true,
      () => false,
    );
    if (!there) skip(`${shell} is absent`);
    await expect(run(shell, ['-n', join(folder, shell)])).resolves.toMatchObject({ stderr: '' });
  });
});
