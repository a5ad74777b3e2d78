import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { toolVersion } from '../lib/version.ts';
import type { Secret } from '../postgres/secret.ts';
import type { ControllerCounters, ControllerSnapshot } from '../report/status/snapshot-model.ts';
import { type Answer, send, textAnswer } from './answer.ts';
import { refuseMalformed } from './client-error.ts';
import { EventStreams } from './event-streams.ts';
import { FreshAnswers } from './fresh-answers.ts';
import { refusalOf } from './guard.ts';
import { type Limits, limits as usualLimits } from './limits.ts';
import { processMetrics } from './process-metrics.ts';
import { answerTo, openPaths, type Scene } from './routes.ts';
import { showsToken, tokenRefusal } from './token.ts';

export interface ServerOptions {
  readonly snapshot: () => ControllerSnapshot;
  readonly counters: () => ControllerCounters;
  /** Calls the listener after each change of the snapshot; gives what ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Port 0: any that is free. `hosts`: further names that the server is known as. */
  readonly listen: { readonly host: string; readonly port: number; readonly hosts: readonly string[] };
  /** Null: whoever reaches the address may read. */
  readonly token: Secret | null;
  /** For tests. */
  readonly clock?: () => number;
  readonly limits?: Partial<Limits>;
}

export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves the page, its events, the metrics, health and `/api/status`, until it is closed. Nothing can be changed through it. Throws
 * `ListenFailed` when the address cannot be had. Every client is bounded: see `limits.ts`.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits: Limits = { ...usualLimits, ...options.limits };
  const streams = new EventStreams(limits);
  const answers = new FreshAnswers(limits.pageAge);
  const scene = sceneOf(options);
  const hostNames = [options.listen.host, ...options.listen.hosts].map((name) => name.toLowerCase());
  const stopListening = options.onChange(() => {
    answers.clear();
    streams.changed();
  });
  const server = createServer(serverOptions(limits), (request, response) => {
    const callOff = cutOffAfter(response, limits.answerTimeout);
    const facts = { method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders };
    const path = pathOf(facts.url);
    const refusal = refusalOf(facts, hostNames, limits) ?? missingToken(request, path, options.token);
    // What comes after a refused request on its connection may be the rest of a body.
    if (refusal !== null)
      return answer(response, textAnswer(refusal.status, refusal.message, { ...refusal.headers, Connection: 'close' }), facts.method);
    if (path === '/events') return listenTo(streams, request, response, callOff);
    answerLater(
      response,
      facts.method,
      answers.get(path, (wanted) => answerTo(wanted, scene)),
    );
  });
  bound(server, limits);
  await listening(server, options.listen);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: options.listen.host, port },
    async close() {
      stopListening();
      streams.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function serverOptions(limits: Limits) {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.checkInterval,
    noDelay: true,
  };
}

function bound(server: Server, limits: Limits): void {
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsOfConnection;
  // What is refused here never becomes a request.
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseMalformed(error, socket));
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_, socket) => socket.destroy());
  server.on('upgrade', (_, socket) => socket.destroy());
}

async function listening(server: Server, { host, port }: ServerOptions['listen']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const hint =
        cause.code === 'EADDRINUSE'
          ? 'another process listens there: `listen` in goatherd.yaml names another address'
          : 'see `listen` in goatherd.yaml';
      reject(new GoatherdError('ListenFailed', `cannot listen on ${host}:${port}: ${messageOf(cause)}`, { hint, cause }));
    });
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners('error');
  // A connection that could not be accepted, as when file handles run out, is no reason to end.
  server.on('error', () => undefined);
}

function sceneOf({ snapshot, counters, clock = Date.now }: ServerOptions): Scene {
  const registry = processMetrics();
  return {
    snapshot,
    counters,
    clock,
    build: { version: toolVersion().version, nodeVersion: process.version },
    processMetrics: async () => registry.metrics(),
  };
}

/** The path without what stands behind `?`. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function missingToken(request: IncomingMessage, path: string, token: Secret | null): typeof tokenRefusal | null {
  if (token === null || openPaths.includes(path) || showsToken(request.rawHeaders, token)) return null;
  return tokenRefusal;
}

function listenTo(streams: EventStreams, { method = '' }: IncomingMessage, response: ServerResponse, callOff: () => void): void {
  if (method === 'HEAD') return answer(response, { status: 200, type: 'text/event-stream', body: '' }, method);
  if (streams.full) return answer(response, textAnswer(503, 'too many listen already', { 'Retry-After': '30' }), method);
  callOff();
  streams.add(response);
}

function answerLater(response: ServerResponse, method: string, later: Promise<Answer>): void {
  later.then(
    (made) => answer(response, made, method),
    // What it was stays here: a client learns nothing of the inside.
    () => answer(response, textAnswer(500, 'this page could not be made'), method),
  );
}

function answer(response: ServerResponse, made: Answer, method: string): void {
  if (!response.destroyed) send(response, made, method);
}

/** A client that takes its answer too slowly loses its connection. Gives what calls that off: an event stream has no end. */
function cutOffAfter(response: ServerResponse, milliseconds: number): () => void {
  const timer = setTimeout(() => response.destroy(), milliseconds).unref();
  const callOff = (): void => clearTimeout(timer);
  response.once('close', callOff);
  return callOff;
}
