/** What arrives: the health of replication, link by link and database by database. */
import type { LinkStatus } from '../../plan/status/status-model.ts';
import type { TopologySnapshot } from '../status/snapshot-model.ts';
import { copyProgress } from '../run/copy-progress.ts';
import { known, type LookFamily, type LookSources, type Sample, timestamp } from './family.ts';

/** Samples of each link of each topology that was observed. */
function ofLinks(make: (link: LinkStatus, topology: TopologySnapshot, labels: Sample['labels']) => readonly Sample[]) {
  return ({ snapshot }: LookSources): readonly Sample[] =>
    snapshot.topologies.flatMap((topology) =>
      (topology.status?.links ?? []).flatMap((link) => make(link, topology, { topology: topology.name, link: link.id })),
    );
}

const perLink = ['topology', 'link'];

export const linkFamilies: readonly LookFamily[] = [
  {
    name: 'link_state_info',
    type: 'gauge',
    help: 'Always 1; the label is the word that `goatherd status` says of a link.',
    labels: [...perLink, 'state'],
    samples: ofLinks(({ state }, _, labels) => known({ ...labels, state }, 1)),
  },
  {
    name: 'replication_lag_seconds',
    type: 'gauge',
    help: 'Age of the oldest change that has not reached the target; absent when it could not be measured.',
    labels: perLink,
    samples: ofLinks(({ lagSeconds }, _, labels) => known(labels, lagSeconds)),
  },
  {
    name: 'delta_rows_pending',
    type: 'gauge',
    help: 'Changed rows that have not reached the target; absent when they could not be counted.',
    labels: perLink,
    samples: ofLinks(({ backlogRows }, _, labels) => known(labels, backlogRows)),
  },
  {
    name: 'sync_last_good_timestamp_seconds',
    type: 'gauge',
    help: 'When the last run of a link ended well, one that found nothing to do included, by the clock of the hub.',
    labels: perLink,
    samples: ofLinks(({ lastGoodAt }, _, labels) => timestamp(labels, lastGoodAt)),
  },
  {
    name: 'daemon_up',
    type: 'gauge',
    help: 'Whether a daemon runs that carries the link; absent when it could not be seen.',
    labels: perLink,
    samples: ofLinks(({ daemon }, _, labels) => known(labels, daemon === null ? null : daemon.state === 'up' ? 1 : 0)),
  },
  {
    name: 'triggers',
    type: 'gauge',
    help: 'Triggers on the source as they shall be (right), and how many there shall be (wanted).',
    labels: [...perLink, 'count'],
    samples: ofLinks(({ triggers }, _, labels) => [
      ...known({ ...labels, count: 'right' }, triggers?.right),
      ...known({ ...labels, count: 'wanted' }, triggers?.wanted),
    ]),
  },
  {
    name: 'link_suspended',
    type: 'gauge',
    help: 'Whether a person stopped the link.',
    labels: perLink,
    samples: ofLinks(({ suspension }, _, labels) => known(labels, suspension === null ? 0 : 1)),
  },
  {
    name: 'suspect',
    type: 'gauge',
    help: 'Whether changes of the link may have been lost, until its tables are compared, copied or accepted.',
    labels: perLink,
    samples: ofLinks(({ address }, { plan }, labels) => {
      const link = plan?.links.find((one) => one.address === address);
      return link === undefined ? [] : known(labels, link.suspect === null ? 0 : 1);
    }),
  },
  {
    name: 'copy_tables',
    type: 'gauge',
    help: 'Tables of the last copy that was asked for, by how far they are.',
    labels: [...perLink, 'state'],
    samples: ofLinks((link, topology, labels) => copyTables(link, topology, labels)),
  },
  {
    name: 'copied_bytes',
    type: 'gauge',
    help: 'Bytes that the copy which goes on has brought to the target; absent when none does.',
    labels: perLink,
    samples: ofLinks((link, topology, labels) => known(labels, copyProgress(topology, link.address)?.bytes)),
  },
  {
    name: 'copy_expected_bytes',
    type: 'gauge',
    help: 'Bytes that the copy which goes on is to bring.',
    labels: perLink,
    samples: ofLinks((link, topology, labels) => known(labels, copyProgress(topology, link.address)?.totalBytes)),
  },
  {
    name: 'copy_completed_timestamp_seconds',
    type: 'gauge',
    help: 'When the last copy of a link was complete; absent while one goes on.',
    labels: perLink,
    samples: ofLinks(({ copy }, _, labels) => timestamp(labels, copy.completedAt)),
  },
  {
    name: 'delta_bytes',
    type: 'gauge',
    help: "Bytes of Bucardo's tables on a source, indexes included, as of the last look at the catalogs.",
    labels: ['topology', 'database'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, deltaBytes }) =>
        Object.entries(deltaBytes).map(([database, value]) => ({ labels: { topology: name, database }, value })),
      ),
  },
  {
    name: 'unpurged_rows',
    type: 'gauge',
    help: 'Changes on a source that a target got and that no purge has removed though they are more than 11 minutes old, as of the last look at the catalogs.',
    labels: ['topology', 'database'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, status }) =>
        (status?.unpurged ?? []).map(({ database, rows }) => ({ labels: { topology: name, database }, value: rows })),
      ),
  },
  {
    name: 'database_up',
    type: 'gauge',
    help: 'Whether a database answered when it was last looked at.',
    labels: ['topology', 'database'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, plan }) =>
        (plan?.drawing.nodes ?? []).map((node) => ({ labels: { topology: name, database: node.name }, value: node.reachable ? 1 : 0 })),
      ),
  },
];

function copyTables({ address, copy }: LinkStatus, topology: TopologySnapshot, labels: Sample['labels']): Sample[] {
  const sample = (state: string, value: number): Sample => ({ labels: { ...labels, state }, value });
  switch (copy.state) {
    case 'complete':
      return [sample('pending', 0), sample('done', copy.tables), sample('skipped', copy.skipped)];
    case 'copying': {
      const progress = copyProgress(topology, address);
      const done = progress?.unit === 'tables' ? Math.min(progress.done, copy.tables) : null;
      // How many are done is known only where the run that waits for the copy says so.
      return [...(done === null ? [] : [sample('pending', copy.tables - done), sample('done', done)]), sample('skipped', copy.skipped)];
    }
    case 'waiting':
    case 'none':
    case 'not_requested':
    case 'unknown':
      return [];
  }
}
