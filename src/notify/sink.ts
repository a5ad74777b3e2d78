import type { SecretRef } from '../topology/model.ts';
import type { NotifyPolicy } from './decide.ts';

/** One receiver of notifications, as goatherd.yaml names it. */
export type Sink = NotifyPolicy &
  (
    | { readonly kind: 'webhook'; readonly url: string | SecretRef; readonly headers: Readonly<Record<string, SecretRef>> }
    /** The program and its arguments. */
    | { readonly kind: 'command'; readonly command: readonly string[] }
  );
