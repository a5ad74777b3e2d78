import { execa } from 'execa';
import type { ControllerSnapshot } from '../report/status/snapshot-model.ts';

/** What systemd is told about this process (`Type=notify`); nothing where it does not ask. */
export interface ServiceManager {
  ready(): void;
  /** One line for people: `systemctl status` shows it. */
  status(text: string): void;
  /** A loop has ended well: feeds the watchdog. Said as often as the watchdog needs, however often it is called. */
  loopEnded(): void;
  reloading(): void;
  stopping(): void;
}

/**
 * Talks to systemd through `systemd-notify`: Node knows no datagram sockets of the UNIX kind. `environment`: NOTIFY_SOCKET and WATCHDOG_USEC
 * as systemd sets them.
 */
export function serviceManager(environment: NodeJS.ProcessEnv): ServiceManager {
  const socket = environment['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') {
    const nothing = (): void => undefined;
    return { ready: nothing, status: nothing, loopEnded: nothing, reloading: nothing, stopping: nothing };
  }
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000;
  let fedAt = Number.NEGATIVE_INFINITY;
  let said = '';
  // One after the other: READY=1 must not overtake RELOADING=1.
  let last: Promise<unknown> = Promise.resolve();
  const send = (...words: readonly string[]): void => {
    last = last.then(() =>
      execa('systemd-notify', [...words], { reject: false, timeout: 5_000, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }),
    );
  };
  return {
    ready: () => send('READY=1'),
    status: (text) => {
      const line = text.replaceAll(/\s+/g, ' ');
      if (line !== said) send(`STATUS=${line}`);
      said = line;
    },
    loopEnded: () => {
      const now = performance.now();
      if (watchdogMs <= 0 || now - fedAt < watchdogMs / 4) return;
      fedAt = now;
      send('WATCHDOG=1');
    },
    // notify-reload wants the moment on the monotonic clock, in microseconds.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${String(process.hrtime.bigint() / 1000n)}`),
    stopping: () => send('STOPPING=1'),
  };
}

/** One line for `systemctl status`. */
export function statusLine({ role, topologies }: ControllerSnapshot): string {
  const ready = topologies.filter((one) =>
    one.conditions.some((condition) => condition.address === one.name && condition.type === 'Ready' && condition.status === 'True'),
  );
  const rest = topologies.filter((one) => !ready.includes(one)).map((one) => one.name);
  return `${role}: ${ready.length} of ${topologies.length} ready${rest.length === 0 ? '' : `; not: ${rest.slice(0, 10).join(', ')}`}`;
}
