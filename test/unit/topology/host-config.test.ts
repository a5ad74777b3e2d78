import { describe, expect, test } from 'vitest';
import { renderProblems } from '../../../src/report/problems.ts';
import { defaultHostConfig, readHostConfig } from '../../../src/topology/host/host-config.ts';
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
  listen: { host: '127.0.0.1', port: 9187, hosts: [], token: null },
  notify: [],
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
listen: {address: "[::]:443", token: {env: PAGE_TOKEN}, hosts: [goatherd.example]}
notify:
  - {webhook: "https://hooks.example/x", headers: {Authorization: {file: /etc/goatherd/hook}}, severity: error, hold: 1m}
  - {webhook: {env: CHAT_URL}}
  - {command: [/usr/local/bin/page, --to, dba], repeat: 1d}
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
        listen: { host: '::', port: 443, hosts: ['goatherd.example'], token: { env: 'PAGE_TOKEN' } },
        notify: [
          {
            kind: 'webhook',
            url: 'https://hooks.example/x',
            headers: { Authorization: { file: '/etc/goatherd/hook' } },
            severity: 'error',
            holdMs: 60_000,
            repeatMs: 14_400_000,
          },
          { kind: 'webhook', url: { env: 'CHAT_URL' }, headers: {}, severity: 'warning', holdMs: 300_000, repeatMs: 14_400_000 },
          { kind: 'command', command: ['/usr/local/bin/page', '--to', 'dba'], severity: 'warning', holdMs: 300_000, repeatMs: 86_400_000 },
        ],
        caps: { linksRemoved: 3, tablesEmptied: 100 },
      },
      problems: [],
    });
  });

  test.each([
    ['hub: {hots: x}', 'g.yaml:1:7: error UnknownKey: `hub` has no key `hots`', 'did you mean `host`?'],
    ['caps: {tables_locked: 5}', 'error UnknownKey: `caps` has no key `tables_locked`', ''],
    ['caps: {links_removed: -1}', 'error BadValue: `caps.links_removed` must be', ''],
    ['listen: 0.0.0.0:9187', 'error BadValue: `listen` names an address that other hosts reach, and no token', 'token: {file:'],
    ['listen: {address: "hub:1"}', 'error BadValue: `listen` names an address that other hosts reach', '`listen: {address: "hub:1", token'],
    ['listen: 127.0.0.1:99999', 'error BadValue: `listen` names the port 99999', 'ports end at 65535'],
    ['listen: 9187', 'error WrongType: `listen` must be', 'write `127.0.0.1:9187`'],
    ['listen: {token: hunter2}', 'error PlainPassword: `listen.token` is a reference', ''],
    ['listen: {token: {env: A, file: b}}', 'error BadValue: `listen.token` has both', ''],
    ['notify: [{webhook: "https://x", headers: {X: hunter2}}]', 'error PlainPassword', ''],
    ['notify: [{webhook: ["https://hooks.example/hunter2"]}]', 'error WrongType', 'write a URL'],
    ['notify: [{severity: error}]', 'error BadValue: receiver 1 of `notify` has neither a webhook nor a command', 'write `{webhook: URL}`'],
    ['notify: [{webhook: "https://x", command: [y]}]', 'error BadValue: receiver 1 of `notify` has both', ''],
    ['notify: [{webhook: "ftp://x"}]', 'error BadValue: `notify[1].webhook` must be an http or https URL', ''],
    ['notify: [{webhook: "https://eve:hunter2@x"}]', 'error BadValue', ''],
    ['notify: [{webhook: "https://x", hold: 5}]', 'error WrongType', 'add a unit: `5s`'],
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
