import { describe, expect, test } from 'vitest';
import { renderProblems } from '../../../src/report/problems.ts';
import { defaultHostConfig, readHostConfig } from '../../../src/topology/host-config.ts';
import { loadHostConfig } from '../../../src/topology/load.ts';
import { filesOf } from './support.ts';

const defaults = {
  hub: { host: 'localhost', port: 5432, user: 'goatherd', dbname: 'postgres' },
  ledger: 'goatherd',
  logDir: '/var/log/bucardo',
  pidDir: '/var/run/bucardo',
  bucardo: 'bucardo',
  source: null,
  controller: { lookEveryMs: 30_000, deepLookEveryMs: 600_000, atOnce: 4, stuckAfterMs: 300_000 },
  caps: { linksRemoved: 1, tablesEmptied: 100 },
};

describe('readHostConfig', () => {
  test.each(['', '# nothing\n', '{}', 'hub: {}'])('"%s" is all defaults', (text) => {
    expect(readHostConfig('g.yaml', text)).toEqual({ config: defaults, problems: [] });
  });

  test('what is said goes before the defaults', () => {
    const text = `hub: {host: /var/run/postgresql, port: 5440, password: {file: /etc/goatherd/hub}, sslmode: require}
ledger: keeper
log_dir: /srv/Logs/
pid_dir: /srv/pids
bucardo: /opt/bucardo/bucardo
source: {git: "ssh://git@git.internal/db.git", ref: v1.2, path: ./live/, interval: 5m, require_signed: true}
controller: {look_every: 5s, at_once: 2}
caps: {links_removed: 3}
`;
    expect(readHostConfig('g.yaml', text)).toEqual({
      config: {
        hub: {
          host: '/var/run/postgresql',
          port: 5440,
          user: 'goatherd',
          dbname: 'postgres',
          password: { file: '/etc/goatherd/hub' },
          sslmode: 'require',
        },
        ledger: 'keeper',
        logDir: '/srv/Logs',
        pidDir: '/srv/pids',
        bucardo: '/opt/bucardo/bucardo',
        source: {
          kind: 'git',
          url: 'ssh://git@git.internal/db.git',
          ref: 'v1.2',
          path: 'live',
          intervalMs: 300_000,
          requireSigned: true,
        },
        controller: { ...defaults.controller, lookEveryMs: 5_000, atOnce: 2 },
        caps: { linksRemoved: 3, tablesEmptied: 100 },
      },
      problems: [],
    });
  });

  test.each([
    ['hub: {hots: x}', 'g.yaml:1:7: error UnknownKey: `hub` has no key `hots`', 'did you mean `host`?'],
    ['caps: {tables_locked: 5}', 'error UnknownKey: `caps` has no key `tables_locked`', ''],
    ['caps: {links_removed: -1}', 'error BadValue: `caps.links_removed` must be', ''],
    ['notify: []', 'error UnknownKey: the file has no key `notify`', 'this version does not know it yet'],
    ['topology: orders', 'error UnknownKey: the file has no key `topology`', '`topology` stands at the topology'],
    ['log_dir: logs', 'error BadValue: `log_dir` must be an absolute path, and is "logs"', ''],
    ['bucardo: ./bucardo', "error BadValue: `bucardo` must be a command's name or its absolute path", ''],
    ['bucardo: -x', "error BadValue: `bucardo` must be a command's name or its absolute path", ''],
    ['source: [a]', 'error WrongType', 'write a path, or `{git: URL, ref: main, path: topologies}`'],
    ['source: {git: "https://eve:hunter2@git.internal/x"}', 'error BadValue: `source.git` must be a URL without a password', ''],
    ['source: {git: -upload-pack=x}', 'error BadValue: `source.git` must be', ''],
    ['source: {git: x, ref: --exec}', 'error BadValue: `source.ref` must be a branch, tag or commit', ''],
    ['source: {git: x, path: ../up}', "error BadValue: `source.path` must be a path below the repository's root", ''],
    ['source: {ref: main}', 'error MissingKey', ''],
    ['controller: {look_every: 30}', 'error WrongType: `controller.look_every` must be', 'add a unit: `30s`'],
    ['controller: {look_every: 0s}', 'error BadValue: `controller.look_every` must be an integer above 0 and a unit', ''],
    ['ledger: My Ledger', 'error BadValue: `ledger` must be', '`my_ledger` would do'],
    ['ledger: bucardo_x', 'error BadValue: `ledger` may not begin with `bucardo`', ''],
    ['hub: {password: hunter2}', 'error PlainPassword: `hub.password` is a reference, never the password itself', 'write {env: NAME}'],
    ['hub: {port: 0}', 'error BadValue: `hub.port` must be between 1 and 65535, and is 0', ''],
    ['[', 'error YamlSyntax', ''],
    ['- a', 'error WrongType: the file must be a mapping, and is a list', ''],
  ])('%s', (text, message, hint) => {
    const { config, problems } = readHostConfig('g.yaml', text);
    const said = renderProblems(problems);
    expect(config).toBeUndefined();
    expect(said).toContain(message);
    expect(said).toContain(hint);
    expect(said).not.toContain('hunter2');
  });
});

describe('loadHostConfig', () => {
  const files = filesOf({
    '/etc/goatherd/goatherd.yaml': 'ledger: etc',
    'goatherd.yaml': 'ledger: here',
    'option.yaml': 'ledger: option',
    'environment.yaml': 'ledger: environment',
  });

  test.each([
    [{ option: 'option.yaml', environment: 'environment.yaml' }, 'option'],
    [{ environment: 'environment.yaml' }, 'environment'],
    [{ environment: '' }, 'etc'],
    [{}, 'etc'],
  ])('%j', async (named, ledger) => {
    expect((await loadHostConfig(named, files)).config?.ledger).toBe(ledger);
  });

  test('without a file the defaults hold, but a named one must be there', async () => {
    const none = filesOf({ 'goatherd.yaml': 'ledger: here' });
    expect(await loadHostConfig({}, none)).toEqual({ config: defaultHostConfig, problems: [] });
    const { config, problems } = await loadHostConfig({ option: 'gone.yaml' }, none);
    expect(config).toBeUndefined();
    expect(problems.map(({ code }) => code)).toEqual(['NoFile']);
  });
});
