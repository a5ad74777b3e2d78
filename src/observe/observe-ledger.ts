import { EMPTY_LEDGER, type Ledger } from '../ledger/model.ts';
import { readMarks } from '../ledger/marks.ts';
import { readLedger } from '../ledger/read.ts';
import { GoatherdError } from '../lib/errors.ts';
import { resolveConnection } from '../postgres/connection.ts';
import { withSession } from '../postgres/session.ts';
import type { HostConfig } from '../topology/model.ts';

const OPTIONS = { applicationName: 'goatherd observe', statementTimeoutMs: 60_000 } as const;

/** The ledger by itself, read before anything else: it says which links a file no longer names. Empty where there is none, or no hub. */
export async function observeLedger(config: HostConfig): Promise<Ledger> {
  try {
    return await observeLedgerStrictly(config);
  } catch (error) {
    if (error instanceof GoatherdError) return EMPTY_LEDGER;
    throw error;
  }
}

/**
 * The same where nothing can be done without it: empty only where there is none.
 * @throws GoatherdError when the hub cannot be reached
 */
export async function observeLedgerStrictly(config: HostConfig): Promise<Ledger> {
  try {
    return await withSession(resolveConnection({ ...config.hub, dbname: config.ledger }), OPTIONS, 'ledger', readLedger);
  } catch (error) {
    if (error instanceof GoatherdError && error.code === '3D000')
      return { ...EMPTY_LEDGER, marked: await withSession(resolveConnection(config.hub), OPTIONS, 'hub', readMarks) };
    throw error;
  }
}
