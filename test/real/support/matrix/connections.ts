import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onEach } from '../steady.ts';
import { CHAIN, type Change, REREAD, type Stage } from './change.ts';

/** How a database is reached, and which instance runs a link. */
export function connectionChanges({ lab, put }: Stage): readonly Change[] {
  const password = (text: string): Promise<void> => writeFile(join(lab().dir, 'carrier'), text);
  return [
    {
      what: 'B is reached by another role',
      edit: async () => {
        await onEach(lab(), ['b'], "CREATE ROLE carrier SUPERUSER LOGIN PASSWORD 'first'");
        await password('first');
        await put({ databases: { b: { user: 'carrier', password: { file: join(lab().dir, 'carrier') } } } })();
      },
      steps: REREAD,
    },
    {
      what: 'its password is rotated',
      edit: async () => {
        await onEach(lab(), ['b'], "ALTER ROLE carrier PASSWORD 'second'");
        await password('second');
      },
      steps: REREAD,
    },
    { what: 'both links move into one instance', edit: put({ bucardo: { instance: 'main' } }) },
    {
      what: 'one moves out again',
      edit: put({ bucardo: null, links: ['a -> b', { from: 'b', to: 'c', bucardo: { instance: 'main' } }] }),
    },
    { what: 'and the other', edit: put({ links: CHAIN }) },
  ];
}
