import type { Work } from '../../plan/work-model.ts';

/** Names of the objects that a step works on, all of them: tables and sequences as `schema.name`, else syncs, links or instances. */
export function workObjects(work: Work): string[] {
  switch (work.kind) {
    case 'ledger':
      return [];
    case 'rename':
      return work.rows.map((row) => row.to);
    case 'adopt':
      return [work.link];
    case 'control_database':
    case 'leave_instance':
    case 'move':
    case 'drop_control':
    case 'stop_daemon':
      return [work.instance];
    case 'register':
      return [...work.tables, ...work.sequences].map((goat) => `${goat.schema}.${goat.name}`);
    case 'settings':
      return Object.keys(work.settings).toSorted();
    case 'helpers':
    case 'triggers':
    case 'rekey':
      return work.tables.map((table) => `${table.schema}.${table.table}`);
    case 'suspect':
      return [...new Set(work.losses.flatMap((loss) => loss.tables))];
    case 'leave':
    case 'membership':
    case 'set_aside':
      return [...work.addresses];
    case 'makedelta':
      return work.goats.map((goat) => goat.address);
    case 'always':
    case 'empty_tables':
    case 'wait_copy':
    case 'copy_tables':
    case 'resend':
    case 'recopy':
      return [...work.tables];
    case 'drop_triggers':
      return work.tables.map((table) => table.address);
    case 'drop_helpers':
      return [...work.makers];
    case 'sweep':
      return [...work.syncs, ...work.makers];
    case 'receipt':
      return [...work.copied, ...work.skipped];
    case 'start_daemon':
      return [...work.syncs];
    case 'activate':
      return work.copy ? [...work.tables] : [work.link];
    case 'truncate_records':
    case 'deactivate':
    case 'wait_run':
    case 'wait_drained':
    case 'forget':
      return [work.link];
    case 'arrival':
      return [...work.links];
  }
}
