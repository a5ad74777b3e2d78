import { userInfo } from 'node:os';
import { execa } from 'execa';

/** An address of this machine that can vanish: what is sent to it then is lost without a word, as behind a cable that was pulled. */
export interface BlackHole {
  readonly address: string;
  /** Takes the address away; connections stay, and nothing answers. */
  open(): Promise<void>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

/** A bridge of its own with nothing behind it, so that no packet leaves the machine. Null where one may not be made: it takes root. */
export async function blackHole(): Promise<BlackHole | null> {
  const address = `10.254.${78 + (process.pid % 100)}.7`;
  const device = `gh${process.pid}`;
  if (userInfo().uid !== 0) return null;
  const ip = (...args: readonly string[]): Promise<unknown> => execa('ip', args);
  const remove = async (): Promise<void> => void (await execa('ip', ['link', 'delete', device], { reject: false }));
  try {
    await ip('link', 'add', device, 'type', 'bridge');
    await ip('link', 'set', device, 'up');
    await ip('address', 'add', `${address}/32`, 'dev', device);
    // With the address gone packets still go here, to a neighbour that nobody asks for and nobody is.
    await ip('route', 'add', `${address}/32`, 'dev', device);
    await ip('neighbour', 'add', address, 'lladdr', '02:00:00:00:00:01', 'dev', device, 'nud', 'permanent');
  } catch {
    await remove();
    return null;
  }
  return {
    address,
    open: async () => void (await ip('address', 'delete', `${address}/32`, 'dev', device)),
    close: async () => void (await ip('address', 'add', `${address}/32`, 'dev', device)),
    remove,
  };
}
