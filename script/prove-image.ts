/**
 * Carries out the Dockerfile without a container engine: each stage in a clean Debian root of its own, then the image's command in its own
 * mount and process namespaces against a lab on this host, until a row has gone from A to C and the health check answers.
 *
 *   sudo script/prove-image        needs root, debootstrap and util-linux; takes some minutes; leaves nothing
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { Client } from 'pg';
import { parse, stringify } from 'yaml';
import { startLab } from '../src/lab/start-lab.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const NPM = 'npm@11';
const LOOKS = 180;
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** What the last stage says of how to run it. */
interface Image {
  readonly root: string;
  readonly user: string;
  readonly workdir: string;
  readonly command: readonly string[];
  readonly health: readonly string[];
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function instructionsOf(dockerfile: string): readonly Instruction[] {
  const text = dockerfile.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [word = '', ...rest] = line.split(' ');
      return { word, rest: rest.join(' ').trim() };
    });
}

/** Runs a shell line in the root as a build would: as root of that root, with its own /proc and the host's network. */
async function inRoot(root: string, workdir: string, line: string): Promise<void> {
  await execa(
    'unshare',
    ['--mount', '--pid', '--fork', `--mount-proc=${root}/proc`, 'chroot', root, 'sh', '-ec', `cd ${workdir}; ${line}`],
    {
      env: { DEBIAN_FRONTEND: 'noninteractive', NODE_EXTRA_CA_CERTS: `/${CERTIFICATES}` },
      stdin: 'ignore',
    },
  );
}

/** A minimal Debian with Node and npm, as the base image has them. */
async function base(folder: string): Promise<string> {
  const root = join(folder, 'base');
  say('debootstrap bookworm');
  await execa('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], { stdin: 'ignore' });
  await cp(process.execPath, join(root, 'usr/local/bin/node'));
  // How this host reaches the registries: its resolver, its proxy's certificate.
  for (const file of ['etc/resolv.conf', CERTIFICATES]) await cp(join('/', file), join(root, file), { dereference: true });
  await execa('npm', ['install', '--global', '--prefix', join(root, 'usr/local'), '--ignore-scripts', '--no-audit', '--no-fund', NPM]);
  const registry = (await execa('npm', ['config', 'get', 'registry'])).stdout;
  await writeFile(join(root, 'root/.npmrc'), `registry=${registry}\n`);
  return root;
}

async function build(folder: string): Promise<Image> {
  const clean = await base(folder);
  const roots = new Map<string, string>();
  let image: Image = { root: clean, user: '0:0', workdir: '/', command: [], health: [] };
  let entry: readonly string[] = [];
  for (const { word, rest } of instructionsOf(await readFile(join(REPOSITORY, 'Dockerfile'), 'utf8'))) {
    say(`${word} ${rest.slice(0, 120)}`);
    switch (word) {
      case 'FROM': {
        const root = join(folder, `stage-${roots.size + 1}`);
        await execa('cp', ['-a', clean, root]);
        roots.set(/ AS (\S+)$/.exec(rest)?.[1] ?? 'last', root);
        image = { ...image, root, user: '0:0', workdir: '/' };
        break;
      }
      case 'WORKDIR':
        await mkdir(join(image.root, rest), { recursive: true });
        image = { ...image, workdir: rest };
        break;
      case 'COPY': {
        const words = rest.split(' ');
        const stage = /^--from=(\S+)$/.exec(words[0] ?? '')?.[1];
        const [from, named] = stage === undefined ? [REPOSITORY, words] : [roots.get(stage) ?? '', words.slice(1)];
        const target = named.at(-1) ?? '';
        const into = join(image.root, image.workdir, target);
        for (const source of named.slice(0, -1)) {
          const name = target.endsWith('/') ? join(into, source.split('/').at(-1) ?? '') : into;
          await cp(join(from, source), name, { recursive: true, verbatimSymlinks: true });
        }
        break;
      }
      case 'RUN':
        await inRoot(image.root, image.workdir, rest);
        break;
      case 'USER':
        image = { ...image, user: rest };
        break;
      case 'ENTRYPOINT':
        entry = JSON.parse(rest) as string[];
        break;
      case 'CMD':
        image = { ...image, command: [...entry, ...(JSON.parse(rest) as string[])] };
        break;
      case 'HEALTHCHECK':
        image = { ...image, health: JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as string[] };
        break;
      case 'VOLUME':
      case 'EXPOSE':
        break;
      default:
        throw new Error(`the Dockerfile says ${word}, which this script does not know`);
    }
  }
  return image;
}

/** Runs the image's command against a lab until a row of A stands on C and the health check is content. */
async function prove(image: Image): Promise<void> {
  const lab = await startLab({ clusters: ['a', 'b', 'c'] });
  try {
    const on = async (name: string, sql: string): Promise<readonly unknown[]> => {
      const client = new Client({ host: '127.0.0.1', port: lab.clusters[name]?.port ?? 0, user: 'goatherd', database: lab.dbname });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } finally {
        await client.end();
      }
    };
    for (const name of ['a', 'b', 'c']) await on(name, 'CREATE TABLE proof (id int PRIMARY KEY)');
    await on('a', 'INSERT INTO proof VALUES (1)');
    const config = parse(await readFile(lab.configFile, 'utf8')) as Record<string, unknown>;
    const etc = join(image.root, 'etc/goatherd');
    await writeFile(join(etc, 'goatherd.yaml'), stringify({ ...config, log_dir: '/var/log/bucardo', pid_dir: '/var/run/bucardo' }));
    await cp(lab.topologyFile, join(etc, 'topologies/orders.yaml'));
    await execa('chown', ['-R', image.user, etc]);
    const started = execa(
      'unshare',
      [
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        `--mount-proc=${image.root}/proc`,
        'chroot',
        `--userspec=${image.user}`,
        image.root,
        ...image.command,
      ],
      { cwd: image.root, stdin: 'ignore', reject: false, all: true },
    );
    let row: readonly unknown[] = [];
    let healthy = false;
    for (let look = 0; look < LOOKS && !(row.length > 0 && healthy); look += 1) {
      await delay(1_000);
      row = await on('c', 'SELECT id FROM proof');
      healthy = (await execa('chroot', [image.root, ...image.health], { reject: false })).exitCode === 0;
    }
    say(`row on c: ${row.length > 0}, health check: ${healthy ? 'content' : 'not content'}`);
    started.kill('SIGTERM');
    const ended = await started;
    if (row.length === 0 || !healthy) throw new Error(`the image does not work:\n${ended.all}`);
  } finally {
    await lab.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'goatherd-image-'));
try {
  await prove(await build(folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}
