import { setTimeout as pause } from 'node:timers/promises';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { Notifier } from '../notify/notifier.ts';
import { ledgerStore } from '../notify/told-store.ts';
import { readSecret, type Secret } from '../postgres/secret.ts';
import { type RunningServer, startServer } from '../server/start-server.ts';
import type { HostConfig, Listen } from '../topology/model.ts';
import type { Controller } from './controller.ts';
import { fault } from './fault.ts';
import type { Journal } from './journal.ts';

/** How often receivers are thought of when nothing changes: what holds has to be noticed too. Milliseconds. */
const tellEvery = 5_000;
/** Between two attempts to get the address; milliseconds. */
const listenAgain = 30_000;
/** A shorter token could be guessed; characters. */
const shortestToken = 16;

/** What a controller shows and says to people; it ends with `close`. */
export interface Outlook {
  close(): Promise<void>;
}

/**
 * Serves the page and tells receivers, beside a controller that goes on whatever becomes of them: an address that is taken is said and asked
 * for again. `token`: of `pageToken`.
 */
export function openOutlook(controller: Controller, config: HostConfig, token: Secret | null, journal: Journal): Outlook {
  const notifier = new Notifier({
    receivers: config.notify,
    onFailure: (error) => journal.warn(`not told: ${error}`),
    store: ledgerStore(controller.hub),
  });
  const ending = new AbortController();
  const tell = (): void => notifier.look(controller.snapshot(), Date.now());
  const timer = setInterval(tell, tellEvery).unref();
  const stopTelling = controller.onChange(tell);
  const options = {
    snapshot: () => controller.snapshot(),
    counters: () => ({ ...controller.counters(), notifications: notifier.counts }),
    onChange: (listener: () => void) => controller.onChange(listener),
    listen: config.listen,
    token,
  };
  const serving = serve(options, journal, ending.signal);
  serving.catch(fault);
  return {
    async close() {
      clearInterval(timer);
      stopTelling();
      ending.abort();
      const server = await serving;
      await Promise.all([server?.close(), notifier.close()]);
    },
  };
}

/** The token of the page; null where none is wanted. Throws where it cannot be read or is too short: better no start than an open page. */
export function pageToken({ token }: Listen): Secret | null {
  if (token === null) return null;
  const secret = readSecret(token);
  if (secret.reveal().length >= shortestToken) return secret;
  throw new GoatherdError('ShortToken', `the token of \`listen\` has fewer than ${shortestToken} characters`, {
    hint: 'write a longer one into its place, such as what `openssl rand -hex 24` gives',
  });
}

async function serve(options: Parameters<typeof startServer>[0], journal: Journal, ending: AbortSignal): Promise<RunningServer | null> {
  while (!ending.aborted) {
    try {
      const server = await startServer(options);
      const { host, port } = server.address;
      journal.info(`the page is at http://${host.includes(':') ? `[${host}]` : host}:${port}/`);
      return server;
    } catch (error) {
      if (!(error instanceof GoatherdError)) throw error;
      journal.warn(`no page: ${messageOf(error)}; ${error.hint}`);
      await pause(listenAgain, undefined, { signal: ending }).catch(() => undefined);
    }
  }
  return null;
}
