import { LOCK_HELD } from '../../lib/exit-codes.ts';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Said } from '../../act/link-verbs.ts';
import { carryOutWord, contextFor, type Word } from '../../act/words.ts';
import { type ActingLock, LockHeld, takeLock } from '../../ledger/lock.ts';
import { lockHolder } from '../../ledger/read.ts';
import { answerTo, leaveRequest, type RequestArguments, withdrawRequest } from '../../ledger/requests.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { Access } from '../../postgres/access.ts';
import type { HostConfig, Topology } from '../../topology/model.ts';
import { interrupts } from '../interrupts.ts';

const INTERRUPTED = 21;

const LOOK_EVERY_MS = 200;
/** How often it is asked whether the controller that should answer still lives. */
const HOLDER_EVERY_MS = 2_000;

/** What a person says of one link or topology. */
export interface Saying {
  readonly word: Word;
  readonly address: string;
  readonly topology: Topology;
  readonly arguments: RequestArguments;
}

/**
 * Carries out a person's word under the lock of rule 17, or leaves it with the controller that holds the lock and waits for what comes of
 * it. Prints one line; gives the exit code.
 */
export async function sayWord(saying: Saying, config: HostConfig): Promise<number> {
  const access = new Access(config, saying.topology, { applicationName: `goatherd ${saying.word}` });
  try {
    await ensureLedger(access);
    for (;;) {
      const lock = await takeOrMeet(access, saying.word);
      if (!(lock instanceof LockHeld)) return print(await actUnder(lock, access, saying));
      if (!lock.byController) throw lock;
      const said = await leaveWithController(access, saying, lock.holder);
      if (said !== null) return print(said);
    }
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    process.stderr.write(`goatherd: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    return error.code === 'LockHeld' ? LOCK_HELD : error.code === 'Interrupted' ? INTERRUPTED : 1;
  } finally {
    await access.end();
  }
}

async function takeOrMeet(access: Access, word: string): Promise<ActingLock | LockHeld> {
  try {
    return await takeLock(access, word);
  } catch (error) {
    if (error instanceof LockHeld) return error;
    throw error;
  }
}

async function actUnder(lock: ActingLock, access: Access, { word, address, topology, arguments: given }: Saying): Promise<Said> {
  const signals = interrupts(lock.lost);
  let said = '';
  try {
    const context = await contextFor(access, topology, signals.signal, ({ waitingFor = '' }) => {
      // Counts of processes and sessions change at each look: what is waited for is said once.
      const plain = waitingFor.replaceAll(/\d+/g, '');
      if (plain !== '' && plain !== said) process.stderr.write(`goatherd: waits for ${waitingFor}\n`);
      said = plain;
    });
    return await carryOutWord(context, word, address, given, userInfo().username);
  } finally {
    signals.release();
    await lock.release();
  }
}

/** What the controller made of it; null when it is gone, and the word was taken back. */
async function leaveWithController(access: Access, saying: Saying, holder: string): Promise<Said | null> {
  const { word, address, arguments: given } = saying;
  const id = await leaveRequest(access, { word, address, arguments: given, by: userInfo().username });
  process.stderr.write(`goatherd: ${holder} carries it out at its next step boundary\n`);
  const signals = interrupts(new AbortController().signal);
  const ledger = access.hub(access.config.ledger).asQueryable();
  try {
    for (let askedAt = Date.now(); !signals.signal.aborted;) {
      const answer = await answerTo(access, id);
      if (answer !== null) {
        const { exitCode, text, hint } = answer;
        return { exitCode, text, ...(hint === null ? {} : { hint }) };
      }
      if (Date.now() - askedAt >= HOLDER_EVERY_MS) {
        askedAt = Date.now();
        if ((await lockHolder(ledger)) === null && (await withdrawRequest(access, id))) return null;
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: signals.signal }).catch(() => undefined);
    }
    const back = await withdrawRequest(access, id);
    throw new GoatherdError(
      'Interrupted',
      back ? 'interrupted: the request was taken back' : 'interrupted: the controller goes on with the request',
    );
  } finally {
    signals.release();
  }
}

/** Success is one line on standard output; anything else goes to standard error with what to do. */
export function print({ exitCode, text, hint }: Said): number {
  if (exitCode === 0) process.stdout.write(`${text}\n`);
  else process.stderr.write(`goatherd: ${text}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
  return exitCode;
}
