/**
 * The names that Bucardo gives to what it makes (FACTS 2.2, 2.3). Pure.
 * Everything here is unquoted; quote with `quoteIdent` where SQL is written.
 */
import { hash } from 'node:crypto';
import { KEY_WORDS } from './key-words.ts';

export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Whether PostgreSQL's quote_ident leaves the name as it is. */
export function isPlainIdent(name: string): boolean {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !KEY_WORDS.has(name);
}

/** What quote_ident gives, quotes only where they are needed: Bucardo keeps names in that form. */
export function quoteIdentAsServer(name: string): string {
  return isPlainIdent(name) ? name : quoteIdent(name);
}

export function quoteTable(schema: string, table: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(table)}`;
}

/** `bucardo_tablename_maker('<schema>_<table>')`, unquoted: periods become underscores, above 57 characters 46 and a hash are kept (FACTS 2.3). */
export function makerName(schema: string, table: string): string {
  const name = `${schema}_${table}`.replaceAll('.', '_');
  // A name has no more characters than UTF-16 units: most are seen to be short without being taken apart.
  if (name.length <= 57) return name;
  const characters = [...name];
  if (characters.length <= 57) return name;
  const digest = hash('md5', name).slice(0, 10);
  return `${characters.slice(0, 46).join('')}!${digest}`;
}

/** Whether Bucardo's two hashes of this name differ: quoted and over 57 characters (FACTS 2.3). Such a table is never replicated. */
export function hashesDiffer(schema: string, table: string): boolean {
  const name = `${schema}_${table}`;
  return name.length > 57 && [...name].length > 57 && !(isPlainIdent(schema) && isPlainIdent(table));
}

/** How `bucardo_delta_names.tablename` writes a table: `quote_ident(schema) || '.' || quote_ident(table)`. */
export function deltaNamesTable(schema: string, table: string): string {
  return `${quoteIdentAsServer(schema)}.${quoteIdentAsServer(table)}`;
}

export const deltaTable = (maker: string): string => `delta_${maker}`;
export const trackTable = (maker: string): string => `track_${maker}`;
export const stageTable = (maker: string): string => `stage_${maker}`;
/** The index of rule 24; Bucardo makes dex1_, dex2_ and dex3_. With its 57 characters at most, a maker name fits behind it whole. */
export const trackTimeIndex = (maker: string): string => `goat_${maker}`;
export const kickName = (sync: string): string => `bucardo_kick_${sync}`;
export const truncateName = (sync: string): string => `bucardo_note_trunc_${sync}`;
export const DELTA_TRIGGER = 'bucardo_delta';
/** The target name in `track_*` and `bucardo_delta_targets` (FACTS 0.9). */
export const targetName = (dbgroup: string): string => `dbgroup ${dbgroup}`;
export const controlDatabase = (instance: string): string => `bucardo_${instance}`;

/** Our mark: where we made something, this stands in its COMMENT (rule 12). */
export function markOf(topology: string, what: string): string {
  return `goatherd: topology ${topology}, ${what}`;
}
export const isOurMark = (comment: string | null | undefined): boolean => comment?.startsWith('goatherd: ') ?? false;

/**
 * The mark on schema `bucardo` of a user database that several topologies may share: it says only that goatherd made the
 * schema; which syncs use it stands in `bucardo_delta_names`.
 */
export const SCHEMA_MARK = 'goatherd: made and kept by goatherd';
