/** What a webhook is posted and a command reads (schemas/notification.schema.json): one message for each topology. */
import { formatDuration, formatTimestamp } from '../lib/format.ts';
import { adviceFor } from '../report/status/advice.ts';
import { oneLine } from '../report/layout.ts';
import type { Notification } from './decide.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';

export interface MessageMeta {
  readonly tool: string;
  readonly host: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type Message = ReturnType<typeof messageOf>;

/** A message, and the keys of the incidents that it tells of. */
export interface Bundle {
  readonly message: Message;
  readonly keys: readonly string[];
}

/** The messages for these notifications, by topology; what is of the controller itself comes first. */
export function messagesOf(notifications: readonly Notification[], meta: MessageMeta): readonly Bundle[] {
  const groups = Map.groupBy(notifications, ({ incident }) => topologyOf(incident.condition.address));
  return [...groups]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([topology, all]) => ({ message: messageOf(topology, all, meta), keys: all.map(({ incident }) => incident.key) }));
}

/** Empty for the controller itself. */
function topologyOf(address: string): string {
  return address === 'controller' ? '' : (address.split('/', 1)[0] ?? '');
}

function messageOf(topology: string, notifications: readonly Notification[], meta: MessageMeta) {
  const items = notifications.map((one) => itemOf(one));
  const open = items.filter(({ kind }) => kind !== 'resolved');
  const severity = open.length === 0 ? 'info' : open.some((item) => item.severity === 'error') ? 'error' : 'warning';
  return {
    format_version: formatVersion,
    tool: meta.tool,
    host: meta.host,
    at: new Date(meta.now).toISOString(),
    topology: topology === '' ? null : topology,
    severity,
    /** What chat systems show of a posted document. */
    text: notifications.map((one) => lineOf(one, meta)).join('\n'),
    notifications: items,
  };
}

function itemOf({ kind, incident, since }: Notification) {
  const { condition, severity } = incident;
  return {
    kind,
    address: condition.address,
    type: condition.type,
    severity,
    reason: oneLine(condition.reason),
    message: oneLine(condition.message),
    since: new Date(since).toISOString(),
    todo: kind === 'resolved' ? null : adviceFor(condition),
  };
}

function lineOf({ kind, incident, since }: Notification, { host, now }: MessageMeta): string {
  const { condition, severity } = incident;
  const lasted = formatDuration(Math.max(0, Math.round((now - since) / 1000)));
  const what = `${condition.address} on ${host}: ${condition.type}`;
  if (kind === 'resolved') return `[well again] ${what}, after ${lasted}`;
  const why = oneLine(condition.message === '' ? condition.reason : `${condition.reason}: ${condition.message}`);
  return `[${kind === 'repeated' ? `still ${severity}` : severity}] ${what}, ${why}, since ${formatTimestamp(since)}. ${adviceFor(condition)}`;
}
