import type { LinkView } from '../view/link-view.ts';

/** Ids of steps that prepare a link. Stable over plans, so that a run knows its steps again after it has looked anew. */
export const stepId = {
  ledger: 'ledger',
  rename: 'rename',
  move: (id: string): string => `${id}/move`,
  adopt: (view: LinkView): string => `${view.link.id}/adopt`,
  control: (instance: string): string => `${instance}/control-database`,
  settings: (instance: string): string => `${instance}/settings`,
  register: (view: LinkView): string => `${view.link.id}/register`,
  helpers: (view: LinkView): string => `${view.link.id}/helpers`,
  triggers: (view: LinkView): string => `${view.link.id}/triggers`,
  copyTables: (view: LinkView): string => `${view.link.id}/copy-tables`,
  /** That tables are to be copied again. */
  recopy: (view: LinkView): string => `${view.link.id}/recopy`,
  copyAgain: (id: string): string => `${id}/copy-again`,
  setAside: (view: LinkView): string => `${view.link.id}/set-aside`,
  resend: (view: LinkView): string => `${view.link.id}/resend`,
  rekey: (view: LinkView): string => `${view.link.id}/rekey`,
  membership: (view: LinkView): string => `${view.link.id}/membership`,
  makedelta: (view: LinkView): string => `${view.link.id}/makedelta`,
  makedeltaOff: (view: LinkView): string => `${view.link.id}/makedelta-off`,
  suspect: (view: LinkView): string => `${view.link.id}/suspect`,
  dropKick: (view: LinkView): string => `${view.link.id}/drop-kick`,
  strayTriggers: (database: string): string => `${database}/stray-triggers`,
  sweep: (database: string): string => `${database}/sweep`,
  leave: (view: LinkView): string => `${view.link.id}/leave`,
  triggersGone: (view: LinkView): string => `${view.link.id}/drop-triggers`,
  helpersGone: (view: LinkView): string => `${view.link.id}/drop-helpers`,
} as const;

/** Ids of steps that bring a link up. */
export const runId = {
  ordinary: (view: LinkView): string => `${view.link.id}/ordinary`,
  always: (view: LinkView): string => `${view.link.id}/always`,
  truncates: (view: LinkView): string => `${view.link.id}/truncate-records`,
  empty: (view: LinkView): string => `${view.link.id}/empty-tables`,
  activate: (view: LinkView): string => `${view.link.id}/activate`,
  deactivate: (view: LinkView): string => `${view.link.id}/deactivate`,
  quit: (id: string, instance: string): string => `${id}/deactivate-in-${instance}`,
  leftInstance: (id: string, instance: string): string => `${id}/leave-${instance}`,
  copy: (id: string): string => `${id}/wait-copy`,
  receipt: (id: string): string => `${id}/receipt`,
  run: (id: string): string => `${id}/wait-run`,
  stop: (instance: string, wave: number): string => `${instance}/stop-${wave}`,
  start: (instance: string, wave: number): string => `${instance}/start-${wave}`,
  arrival: 'arrival',
} as const;
