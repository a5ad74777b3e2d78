/** What the controller itself does: whether it runs, acts and reads its source. */
import { addressLabels, type Family, known, type LookSources, timestamp } from './family.ts';

const conditionsOf = ({ snapshot }: LookSources) => [
  ...snapshot.conditions,
  ...snapshot.topologies.flatMap((topology) => topology.conditions),
];

export const controllerFamilies: readonly Family[] = [
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the labels say which version runs.',
    labels: ['version', 'node_version'],
    samples: ({ build }) => known({ version: build.version, node_version: build.nodeVersion }, 1),
  },
  {
    name: 'last_loop_timestamp_seconds',
    type: 'gauge',
    help: 'When the last loop over all topologies ended.',
    labels: [],
    ofController: true,
    samples: ({ snapshot }) => timestamp({}, snapshot.lastLoopAt),
  },
  {
    name: 'run_lock_held',
    type: 'gauge',
    help: 'Whether this controller is the one that acts.',
    labels: [],
    ofController: true,
    samples: ({ snapshot }) => known({}, snapshot.role === 'acting' ? 1 : 0),
  },
  {
    name: 'condition',
    type: 'gauge',
    help: 'Three series for each condition, that of its status is 1. Link and database are empty where it is of a topology, all three where it is of the controller.',
    labels: ['topology', 'link', 'database', 'type', 'status'],
    samples: (sources) =>
      conditionsOf(sources).flatMap((condition) =>
        (['True', 'False', 'Unknown'] as const).map((status) => ({
          labels: { ...addressLabels(condition.address), type: condition.type, status },
          value: condition.status === status ? 1 : 0,
        })),
      ),
  },
  {
    name: 'condition_reason_info',
    type: 'gauge',
    help: 'Always 1; the label says why a condition has its status.',
    labels: ['topology', 'link', 'database', 'type', 'reason'],
    samples: (sources) =>
      conditionsOf(sources).map(({ address, type, reason }) => ({ labels: { ...addressLabels(address), type, reason }, value: 1 })),
  },
  {
    name: 'condition_since_timestamp_seconds',
    type: 'gauge',
    help: 'Since when a condition has its status.',
    labels: ['topology', 'link', 'database', 'type'],
    samples: (sources) =>
      conditionsOf(sources).flatMap(({ address, type, since }) => timestamp({ ...addressLabels(address), type }, since)),
  },
  {
    name: 'source_fetch_total',
    type: 'counter',
    help: 'Readings of the source, by how they ended.',
    labels: ['result'],
    samples: ({ counters }) => (['ok', 'failed'] as const).map((result) => ({ labels: { result }, value: counters.sourceFetches[result] })),
  },
  {
    name: 'source_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the source was last read well.',
    labels: [],
    ofController: true,
    samples: ({ snapshot }) => timestamp({}, snapshot.source.readAt),
  },
  {
    name: 'file_problems',
    type: 'gauge',
    help: 'Problems of the topology files, by severity.',
    labels: ['severity'],
    samples: ({ snapshot }) =>
      (['error', 'warning'] as const).map((severity) => ({
        labels: { severity },
        value: snapshot.problems.filter((problem) => problem.severity === severity).length,
      })),
  },
  {
    name: 'daemon_restarts_total',
    type: 'counter',
    help: "Starts of an instance's daemon that the controller made because it was down or stuck.",
    // Not `instance`: a scrape adds a label of that name.
    labels: ['daemon'],
    samples: ({ counters }) => counters.daemonRestarts.map(({ instance, count }) => ({ labels: { daemon: instance }, value: count })),
  },
  {
    name: 'notifications_total',
    type: 'counter',
    help: 'Messages to the receivers of notifications, by what came of them.',
    labels: ['result'],
    samples: ({ counters }) => [
      ...known({ result: 'sent' }, counters.notifications?.sent),
      ...known({ result: 'failed' }, counters.notifications?.failed),
    ],
  },
];
