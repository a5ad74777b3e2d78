import { execa } from 'execa';
import pRetry, { AbortError } from 'p-retry';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { readSecret } from '../postgres/secret.ts';
import type { Message } from './message.ts';
import type { Receiver } from '../topology/model.ts';

/** One attempt may take so long; milliseconds. */
const attemptTimeout = 15_000;
const usualPause = 1000;

/**
 * Brings one message to a receiver, trying what may pass three times more, after `pause` milliseconds, then longer. Throws `NotifyFailed`,
 * in which no secret stands.
 */
export async function deliver(receiver: Receiver, message: Message, signal: AbortSignal, pause = usualPause): Promise<void> {
  const attempts = { retries: 3, minTimeout: pause, maxTimeout: 10 * pause, randomize: true } as const;
  try {
    await pRetry(() => (receiver.kind === 'webhook' ? post(receiver, message, signal) : run(receiver, message, signal)), {
      ...attempts,
      signal,
    });
  } catch (error) {
    throw new GoatherdError('NotifyFailed', `${describeReceiver(receiver)}: ${messageOf(error)}`, { retry: 'retry' });
  }
}

/** Where it goes, without what may be a secret of it: the path of an address often is. */
export function describeReceiver(receiver: Receiver): string {
  if (receiver.kind === 'command') return `command ${receiver.command[0] ?? ''}`;
  if (typeof receiver.url !== 'string') return `webhook of ${'env' in receiver.url ? receiver.url.env : receiver.url.file}`;
  return URL.canParse(receiver.url) ? `webhook ${new URL(receiver.url).host}` : 'webhook';
}

async function post(receiver: Extract<Receiver, { kind: 'webhook' }>, message: Message, signal: AbortSignal): Promise<void> {
  const url = typeof receiver.url === 'string' ? receiver.url : readSecret(receiver.url).reveal();
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) throw new AbortError('its address is no http or https URL');
  const secrets = Object.entries(receiver.headers).map(([name, ref]) => [name, readSecret(ref).reveal()] as const);
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...Object.fromEntries(secrets), 'Content-Type': 'application/json' },
    body: JSON.stringify(message),
    // A redirect would take the headers to a place that nobody configured.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(attemptTimeout)]),
  }).catch((error: unknown) => {
    throw new Error(reasonOf(error));
  });
  await answer.body?.cancel();
  if (answer.ok) return;
  const failure = `answered ${answer.status}`;
  // It will not take back its refusal within seconds.
  throw answer.status === 429 || answer.status >= 500 ? new Error(failure) : new AbortError(failure);
}

/** fetch says only "fetch failed"; what did is its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (cause instanceof Error && cause.name === 'TimeoutError') return `no answer within ${attemptTimeout / 1000} s`;
  return /^E[A-Z]+$/.test(code) ? code : 'no connection';
}

/** No shell, and of the environment only what programs are found and speak by: the controller's own may hold passwords. */
async function run({ command }: Extract<Receiver, { kind: 'command' }>, message: Message, signal: AbortSignal): Promise<void> {
  const [file = '', ...args] = command;
  const passed = ['PATH', 'HOME', 'USER', 'LANG', 'TZ'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  const result = await execa(file, args, {
    input: `${JSON.stringify(message)}\n`,
    extendEnv: false,
    env: Object.fromEntries(passed) as Record<string, string>,
    timeout: attemptTimeout,
    cancelSignal: signal,
    maxBuffer: 10_000,
    reject: false,
    stdout: 'ignore',
  });
  if (!result.failed) return;
  if (result.timedOut) throw new Error(`did not end within ${attemptTimeout / 1000} s`);
  if (result.exitCode === undefined) throw new Error(`could not be run (${result.code ?? result.signal ?? 'unknown'})`);
  throw new Error(`ended with ${result.exitCode}: ${messageOf(result.stderr).slice(0, 200)}`);
}
