type Words = Readonly<Record<string, string>>;

/**
 * How libpq finds out, after a minute and a half, that nobody is at the other end any more: keepalives where it only waits, the time-out where
 * it has sent something. Linux goes by the time-out in both cases, and ends a line too whose other end lives and takes nothing in for as long
 * (seen): less could cost a copy whose target is slow for a moment.
 */
const OWN: Words = { keepalives_idle: '30', keepalives_interval: '10', keepalives_count: '6', tcp_user_timeout: '90000' };
const WORDS = ['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'tcp_user_timeout'];

/** What libpq is told about lines that died: ours, with those of a service entry over them. None for a socket. */
export function deadLineWords(host: string, service: Words): Words {
  if (host.startsWith('/')) return {};
  return Object.fromEntries(
    WORDS.flatMap((word) => {
      const value = service[word] ?? OWN[word];
      return value === undefined ? [] : [[word, value]];
    }),
  );
}

/** Whether goatherd itself writes this word of a `dbconn`. */
export function isOwnWord(word: string, value: string): boolean {
  return OWN[word] === value;
}
