import { pino } from 'pino';
import { formatTime } from '../lib/format.ts';

/** What a line is about, beside its words. Never a secret: names, codes and counts. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** The controller's log: one line an event. */
export interface Journal {
  info(text: string, fields?: Fields): void;
  warn(text: string, fields?: Fields): void;
  error(text: string, fields?: Fields): void;
}

/** JSON for journald and collectors, written at once; plain lines for a person. */
export function openJournal(format: 'json' | 'text', write: (line: string) => void): Journal {
  return format === 'json' ? jsonJournal(write) : textJournal(write);
}

function jsonJournal(write: (line: string) => void): Journal {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) }, messageKey: 'message' },
    { write },
  );
  return {
    info: (text, fields = {}) => log.info(fields, text),
    warn: (text, fields = {}) => log.warn(fields, text),
    error: (text, fields = {}) => log.error(fields, text),
  };
}

function textJournal(write: (line: string) => void): Journal {
  const line = (mark: string, text: string, fields: Fields = {}): void => {
    const where = fields['topology'] === undefined ? '' : `${String(fields['topology'])}: `;
    write(`${formatTime(Date.now())}  ${mark}${where}${text}\n`);
  };
  return {
    info: (text, fields) => line('', text, fields),
    warn: (text, fields) => line('warning: ', text, fields),
    error: (text, fields) => line('ERROR: ', text, fields),
  };
}
