import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readHostConfig } from '../../src/topology/host/host-config.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

const dockerfile = read('Dockerfile');
/** The user that the image runs as. */
const imageUser = Number(/^USER (\d+):\d+$/m.exec(dockerfile)?.[1]);

/** What an orchestrator's file says, as far as it is looked at here. */
interface Manifest {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas: number;
    readonly template: {
      readonly spec: {
        readonly securityContext: { readonly runAsUser: number };
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly volumeMounts: readonly { readonly mountPath: string }[];
        }[];
      };
    };
  };
}

describe('examples of deployment', () => {
  test('the unit is one that systemd understands', async ({ skip }) => {
    if (!existsSync('/usr/bin/systemd-analyze')) skip('no systemd-analyze');
    const folder = mkdtempSync(join(tmpdir(), 'goatherd-unit-'));
    try {
      const unit = join(folder, 'goatherd.service');
      // The command is not installed here.
      writeFileSync(unit, read('examples', 'systemd', 'goatherd.service').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
      const { all, exitCode } = await execa('systemd-analyze', ['verify', '--man=no', unit], { all: true, reject: false });
      expect({ exitCode, all }).toEqual({ exitCode: 0, all: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("the compose file's settings are valid, and its folders those of the image's user", () => {
    expect(readHostConfig('goatherd.yaml', read('examples', 'compose', 'goatherd.yaml')).problems).toEqual([]);
    const { services } = parse(read('examples', 'compose', 'compose.yaml')) as {
      services: { goatherd: { tmpfs: readonly string[]; volumes: readonly string[]; hostname: string } };
    };
    const { config } = readHostConfig('goatherd.yaml', read('examples', 'compose', 'goatherd.yaml'));
    expect(services.goatherd.tmpfs[0]).toMatch(new RegExp(`^${config?.pidDir ?? ''}:uid=${imageUser},`));
    expect(services.goatherd.volumes).toContain(`logs:${config?.logDir ?? ''}`);
    expect(services.goatherd.hostname).not.toBe('');
  });

  test("Kubernetes' manifests hold valid settings, the image's user, and every folder that is written to", () => {
    const manifests = parseAllDocuments(read('examples', 'kubernetes', 'goatherd.yaml')).map((one) => one.toJS() as Manifest);
    const settings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['goatherd.yaml'] ?? '';
    const { config, problems } = readHostConfig('goatherd.yaml', settings);
    expect(problems).toEqual([]);
    const pod = manifests.find(({ kind }) => kind === 'StatefulSet')?.spec?.template.spec;
    expect(pod?.securityContext.runAsUser).toBe(imageUser);
    const mounts = pod?.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(expect.arrayContaining([config?.logDir, config?.pidDir, '/var/lib/goatherd', '/tmp']));
  });

  test('the image installs what it needs, and is checked where it listens', () => {
    expect(dockerfile).toMatch(/apt-get install .*\bbucardo\b.*\bgit\b.*\btini\b/);
    expect(imageUser).toBeGreaterThan(0);
    expect(dockerfile).toContain('http://127.0.0.1:9187/livez');
  });
});
