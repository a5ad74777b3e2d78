/** The host settings, `goatherd.yaml`: they stay out of git, so that a commit cannot raise its own limits. */
import { LONGEST_MS, parseDuration } from '../durations.ts';
import { defaultListen, listenOf, listenProblems } from './host-listen.ts';
import { receiverProblems, receiversOf } from './host-notify.ts';
import type { ControllerSettings, HostConfig, HostSource, Problem } from '../model.ts';
import { besidesAliases, type ParsedFile, parseYaml } from '../yaml/parse.ts';
import { password } from '../resolve.ts';
import { checkSchema } from '../schema.ts';
import type { HostFile } from '../schema-types.ts';
import { sortProblems } from '../yaml/source.ts';

/** What holds where goatherd.yaml says nothing, or is not there. */
export const defaultHostConfig: HostConfig = {
  hub: { host: 'localhost', port: 5432, user: 'goatherd', dbname: 'postgres' },
  ledger: 'goatherd',
  logDir: '/var/log/bucardo',
  pidDir: '/var/run/bucardo',
  bucardo: 'bucardo',
  source: null,
  controller: { lookEveryMs: 30_000, deepLookEveryMs: 600_000, atOnce: 4, stuckAfterMs: 300_000 },
  listen: defaultListen,
  notify: [],
  caps: { linksRemoved: 1, tablesEmptied: 100 },
};

/** Reads the text of a goatherd.yaml. An empty file is one that leaves everything at its default. */
export function readHostConfig(file: string, text: string): { readonly config?: HostConfig; readonly problems: readonly Problem[] } {
  const { parsed, problems: syntax } = parseYaml(file, text);
  if (parsed === undefined) return syntax.length > 0 ? { problems: sortProblems(syntax) } : { config: defaultHostConfig, problems: [] };
  const { problems: form, value } = checkSchema(parsed, 'host');
  // What is of the wrong form cannot be looked into.
  const problems = sortProblems(besidesAliases(syntax, [...form, ...(form.length > 0 ? [] : clashes(value as HostFile, parsed))]));
  return problems.length > 0 ? { problems } : { config: withDefaults(value as HostFile), problems: [] };
}

function clashes(value: HostFile, parsed: ParsedFile): Problem[] {
  return [...ledgerProblems(value, parsed), ...listenProblems(value.listen, parsed), ...receiverProblems(value.notify, parsed)];
}

function ledgerProblems(value: HostFile, parsed: ParsedFile): Problem[] {
  if (value.ledger?.startsWith('bucardo') !== true) return [];
  return [
    parsed.source.problem(parsed.at(['ledger'], 'value'), {
      code: 'BadValue',
      message: '`ledger` may not begin with `bucardo`: those are the names of control databases',
      hint: 'leave it out: it is `goatherd`',
    }),
  ];
}

function withDefaults(value: HostFile): HostConfig {
  const { password: secret, ...hub } = value.hub ?? {};
  return {
    hub: { ...defaultHostConfig.hub, ...hub, ...password(secret) },
    ledger: value.ledger ?? defaultHostConfig.ledger,
    logDir: directory(value.log_dir) ?? defaultHostConfig.logDir,
    pidDir: directory(value.pid_dir) ?? defaultHostConfig.pidDir,
    bucardo: value.bucardo ?? defaultHostConfig.bucardo,
    source: sourceOf(value.source),
    controller: controllerOf(value.controller),
    listen: listenOf(value.listen),
    notify: receiversOf(value.notify),
    caps: {
      linksRemoved: value.caps?.links_removed ?? defaultHostConfig.caps.linksRemoved,
      tablesEmptied: value.caps?.tables_emptied ?? defaultHostConfig.caps.tablesEmptied,
    },
  };
}

/** Without the slashes at its end, so that a name can be put behind it. */
function directory(path: string | undefined): string | undefined {
  return path?.replace(/(?<=.)\/+$/, '');
}

function sourceOf(given: HostFile['source']): HostSource | null {
  if (given === undefined) return null;
  if (typeof given === 'string') return { kind: 'directory', path: given };
  return {
    kind: 'git',
    url: given.git,
    ref: given.ref ?? 'main',
    path: (given.path ?? 'topologies').replace(/(?<=.)\/+$/, '').replace(/^(?:\.\/)+/, ''),
    intervalMs: milliseconds(given.interval) ?? 60_000,
    requireSigned: given.require_signed ?? false,
  };
}

function controllerOf(given: HostFile['controller']): ControllerSettings {
  const { controller } = defaultHostConfig;
  return {
    lookEveryMs: milliseconds(given?.look_every) ?? controller.lookEveryMs,
    deepLookEveryMs: milliseconds(given?.deep_look_every) ?? controller.deepLookEveryMs,
    atOnce: given?.at_once ?? controller.atOnce,
    stuckAfterMs: milliseconds(given?.stuck_after) ?? controller.stuckAfterMs,
  };
}

function milliseconds(text: string | undefined): number | undefined {
  const found = text === undefined ? undefined : parseDuration(text);
  return found === undefined ? undefined : Math.min(found, LONGEST_MS);
}
