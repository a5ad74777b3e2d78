import type { HostConfig, Link, Topology } from '../../topology/model.ts';
import type { ControlObservation } from '../../observe/control-model.ts';
import type { Observation } from '../../observe/model.ts';
import { topologySchema } from '../../topology/schema-types.ts';
import { targetName } from '../../bucardo/names.ts';

/** Where an instance keeps its files. */
export interface InstancePaths {
  readonly pidDir: string;
  readonly logDir: string;
}

export function instancePaths(config: Pick<HostConfig, 'pidDir' | 'logDir'>, instance: string): InstancePaths {
  return { pidDir: `${config.pidDir}/${instance}`, logDir: config.logDir };
}

/**
 * Shorter than Bucardo's own, where a topology does not say otherwise. A kid ends after each copy, and its controller would leave the link
 * without one for ten seconds (FACTS 5.2). A change waits for the sleep of each process on its way (master, controller, kid: 0.2, 0.2 and
 * up to 1 s); all of them together cost half a percent of a core for a link.
 */
const QUICKER: Readonly<Record<string, string>> = {
  ctl_checkonkids_time: '1',
  ctl_sleep: '0.1',
  kid_nodeltarows_sleep: '0.1',
  kid_restart_sleep: '0.5',
  kid_sleep: '0.2',
  mcp_loop_sleep: '0.1',
};

/** bucardo_config of one instance as it shall be: what goatherd owns, what the links say, and shorter sleeps than Bucardo's own. */
export function wantedSettings(
  config: Pick<HostConfig, 'pidDir' | 'logDir'>,
  topology: Topology,
  observation: Observation,
  instance: string,
): Readonly<Record<string, string>> {
  const links = topology.links.filter((link) => link.instance === instance);
  const { pidDir, logDir } = instancePaths(config, instance);
  return {
    ...QUICKER,
    ...links[0]?.settings,
    piddir: pidDir,
    stopfile: 'fullstopbucardo',
    reason_file: `${pidDir}/restart.reason`,
    warning_file: `${pidDir}/warning.log`,
    log_conflict_file: `${logDir}/conflict.bucardo.${instance}`,
    quick_delta_check: '1',
    // The host that acts is the one that may run it: a daemon elsewhere that starts itself anew finds that it may not (rule 20).
    ...(observation.hub.here === undefined ? {} : { host_safety_check: observation.hub.here }),
    bucardo_vac: links.some((link) => hasSeveralTargets(topology, observation, link)) ? '0' : '1',
  };
}

const OF_TOPOLOGIES = Object.keys(topologySchema.$defs.settings.properties);

/** Settings that a topology may hold and that are not at Bucardo's own values, with these: what a file says no more goes back to them. */
export function otherThanDefault({
  settings,
  defaults,
}: Pick<ControlObservation, 'settings' | 'defaults'>): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of OF_TOPOLOGIES) {
    const own = defaults[name];
    if (own !== undefined && settings[name] !== own) found[name] = own;
  }
  return found;
}

/** Bucardo's purge counts track rows, not targets: where a source has two, it can purge what one of them has not received (FACTS 9.4). */
export function hasSeveralTargets(topology: Topology, observation: Observation, link: Link): boolean {
  const targets = new Set(topology.links.filter((other) => other.from === link.from).map((other) => targetName(other.dbgroup)));
  const source = observation.databases[link.from];
  if (source?.reachable === true) for (const table of source.tables) for (const target of table.bucardo?.targets ?? []) targets.add(target);
  return targets.size > 1;
}
