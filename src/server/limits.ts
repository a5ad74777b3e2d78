/** What one client, and all of them together, may take of the server. Milliseconds, bytes, counts. */
export const limits = {
  /** Connections at a time; more are closed at once. */
  connections: 96,
  /** Of them, those that listen to events. */
  eventStreams: 32,
  /** All headers of a request with its first line; Node answers 431 beyond. */
  headerBytes: 8192,
  headers: 64,
  urlCharacters: 512,
  /** From the first byte of a request to the end of its headers. */
  headersTimeout: 5000,
  /** For the whole request. */
  requestTimeout: 10_000,
  /** For the whole answer: a reader that takes longer is cut off. */
  answerTimeout: 20_000,
  /** Between two requests on one connection. */
  keepAliveTimeout: 5000,
  requestsOfConnection: 50,
  /** How often time-outs are looked for. */
  checkInterval: 1000,
  /** Between two signs of life to those who listen to events. */
  heartbeat: 15_000,
  /** Changes nearer than this become one event. */
  eventPause: 500,
  /** A page is made anew at most this often for however many ask. */
  pageAge: 1000,
} as const;

export type Limits = { readonly [Name in keyof typeof limits]: number };
