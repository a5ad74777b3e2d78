import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { GoatherdError, messageOf } from '../../lib/errors.ts';
import { loadTopologies } from '../../topology/load.ts';
import type { GitSource } from '../../topology/model.ts';
import { withoutSecrets } from '../../topology/yaml/source.ts';
import { refuseEmpty } from './directory.ts';
import { filesOfCommit } from './git-files.ts';
import type { Reading, Source } from './reading.ts';

const FETCH_WITHIN_MS = 60_000;
/** Where the commit that was fetched last stands, and the last one that was read well. */
const FETCHED = 'refs/goatherd/fetched';
const GOOD = 'refs/goatherd/good';

/** What git may read from and ask: no prompt would ever be answered, and no other transport than these is wanted. */
const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
  GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes',
  LC_ALL: 'C.UTF-8',
};

/**
 * A git repository, fetched into a bare one of our own in the user's cache directory. No work tree is made: files are read from the commit.
 * Whether a push was forced makes no difference: a ref names a commit, and that is what is wanted.
 */
export function gitSource(settings: GitSource, cacheDirectory: string = defaultCacheDirectory()): Source {
  const key = createHash('sha256').update(settings.url).digest('hex').slice(0, 16);
  const repository = path.join(cacheDirectory, `${key}.git`);
  let last: Reading | null = null;
  let recovered = false;
  return {
    kind: 'git',
    place: withoutSecrets(settings.url),
    ref: settings.ref,
    everyMs: settings.intervalMs,
    read: async () => {
      await makeRepository(repository);
      try {
        const commit = await fetchCommit(repository, settings);
        if (last?.revision === commit) return last;
        if (settings.requireSigned) await verify(repository, commit, settings);
        const reading = await readCommit(repository, commit, settings);
        if (reading.problems.every((problem) => problem.severity !== 'error')) await git(repository, ['update-ref', GOOD, commit]);
        last = reading;
        return last;
      } catch (error) {
        // Just started, and the commit is bad or nobody answers: what was good before is still in the cache.
        const good = last === null && !recovered ? await readGood(repository, settings) : null;
        recovered = true;
        if (good !== null) throw new LastGood(error as GoatherdError, good);
        throw error;
      }
    },
    watch: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** Thrown once after a start: the source cannot be read now, and `reading` is what it said when it could. */
export class LastGood extends GoatherdError {
  readonly reading: Reading;

  constructor(error: GoatherdError, reading: Reading) {
    super(error.code, error.message, { hint: error.hint, retry: error.retry, cause: error });
    this.reading = reading;
  }
}

/** `CACHE_DIRECTORY` is what a systemd unit with `CacheDirectory=` gives. */
function defaultCacheDirectory(): string {
  const given = process.env['CACHE_DIRECTORY']?.split(':')[0];
  if (given !== undefined && given !== '') return given;
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'goatherd');
}

async function makeRepository(repository: string): Promise<void> {
  await mkdir(repository, { recursive: true, mode: 0o700 });
  await git(repository, ['init', '--quiet', '--bare', '.']);
}

async function fetchCommit(repository: string, { url, ref }: GitSource): Promise<string> {
  await git(
    repository,
    ['fetch', '--quiet', '--force', '--no-tags', '--no-write-fetch-head', '--depth=1', '--end-of-options', url, `+${ref}:${FETCHED}`],
    FETCH_WITHIN_MS,
  );
  return git(repository, ['rev-parse', '--verify', '--quiet', `${FETCHED}^{commit}`]);
}

/** A signature counts when the key is trusted: `undefined` trust, which git accepts by itself, is anybody's key. */
async function verify(repository: string, commit: string, { ref }: GitSource): Promise<void> {
  try {
    await git(repository, ['-c', 'gpg.minTrustLevel=marginal', 'verify-commit', commit]);
  } catch (error) {
    throw new GoatherdError(
      'SignatureInvalid',
      `commit ${commit.slice(0, 12)} of ${ref} has no good and trusted signature: ${messageOf(error)}`,
      {
        hint: 'sign it with a key that this host trusts; the last good commit stays in force',
        cause: error,
      },
    );
  }
}

async function readCommit(repository: string, commit: string, settings: GitSource): Promise<Reading> {
  const files = await filesOfCommit((words) => gitBytes(repository, words), commit, settings.path);
  const loaded = await loadTopologies([settings.path], files);
  refuseEmpty(settings.path, loaded);
  return { revision: commit, ...loaded };
}

async function readGood(repository: string, settings: GitSource): Promise<Reading | null> {
  try {
    const commit = await git(repository, ['rev-parse', '--verify', '--quiet', `${GOOD}^{commit}`]);
    return await readCommit(repository, commit, settings);
  } catch {
    return null;
  }
}

async function git(repository: string, words: readonly string[], timeout = 20_000): Promise<string> {
  return Buffer.from(await gitBytes(repository, words, timeout))
    .toString('utf8')
    .trim();
}

/** @throws GoatherdError `FetchFailed` with what git said, credentials taken out */
async function gitBytes(repository: string, words: readonly string[], timeout = 20_000): Promise<Uint8Array> {
  const result = await execa('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.autoDetach=false', ...words], {
    cwd: repository,
    env: { ...ENVIRONMENT, GIT_DIR: repository },
    reject: false,
    timeout,
    stdin: 'ignore',
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!result.failed) return result.stdout;
  const said = withoutSecrets(messageOf(Buffer.from(result.stderr).toString('utf8'))).slice(0, 500);
  const why =
    result.code === 'ENOENT'
      ? 'the git command is not installed'
      : result.timedOut
        ? `no end within ${timeout / 1000} s`
        : said || `exit ${result.exitCode ?? '?'}`;
  throw new GoatherdError('FetchFailed', `git ${words.find((word) => /^[a-z][a-z-]+$/.test(word)) ?? ''}: ${why}`, { retry: 'retry' });
}
