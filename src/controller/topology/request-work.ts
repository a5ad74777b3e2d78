import { carryOutWord, contextFor, isWord } from '../../act/words.ts';
import type { ActingLock } from '../../ledger/lock.ts';
import { type Answer, answerRequest, beginRequest, type Request } from '../../ledger/requests.ts';
import { messageOf, GoatherdError } from '../../lib/errors.ts';
import { observeLedger } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import type { Access } from '../../postgres/access.ts';
import type { Topology } from '../../topology/model.ts';
import type { World } from '../world.ts';

/** Carries out what a person asked for, and writes down what came of it. `topology`: as its file says, without links that only the ledger knows. */
export async function carryOutRequest(
  { config, journal, ending }: World,
  lock: ActingLock,
  access: Access,
  topology: Topology,
  { id, word, address, arguments: given, by }: Request,
): Promise<Answer> {
  journal.info(`${by} asks: ${word} ${address}${given.reason === '' ? '' : ` (${given.reason})`}`, {
    topology: topology.name,
    request: id,
  });
  await beginRequest(access, id);
  const answer = await answerFor();
  journal.info(answer.text, { topology: topology.name, request: id, exitCode: answer.exitCode });
  await answerRequest(access, id, answer);
  return answer;

  async function answerFor(): Promise<Answer> {
    if (!isWord(word)) return { exitCode: 1, text: `this controller knows no ${word}`, hint: 'is it of an older version?' };
    try {
      const whole = withFormer(topology, await observeLedger(config));
      const context = await contextFor(access, whole, AbortSignal.any([lock.lost, ending]), () => undefined);
      const { exitCode, text, hint } = await carryOutWord(context, word, address, given, by);
      return { exitCode, text, hint: hint ?? null };
    } catch (error) {
      if (!(error instanceof GoatherdError)) journal.error(messageOf(error), { topology: topology.name, request: id });
      return { exitCode: 1, text: messageOf(error), hint: error instanceof GoatherdError && error.hint !== '' ? error.hint : null };
    }
  }
}
