/**
 * What a topology file says once it is read: names resolved, defaults applied, durations in milliseconds.
 * Pure data. A secret is always a reference (rule 19); nothing here ever holds one.
 */

/** Where a password is to be taken from at the moment of connecting. */
export type SecretRef = { readonly env: string } | { readonly file: string };

/** libpq's TLS settings, under their libpq names. */
export interface TlsSettings {
  readonly sslmode?: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
}

/** How to reach one PostgreSQL database. `service` names an entry of pg_service.conf; what stands here goes before it. */
export interface Connection extends TlsSettings {
  readonly host?: string;
  readonly port?: number;
  readonly dbname?: string;
  readonly user?: string;
  readonly password?: SecretRef;
  readonly service?: string;
}

/** The role that may do DDL on the tables where the database's `user` may not. */
export interface SchemaOwner {
  readonly user: string;
  readonly password?: SecretRef;
}

export interface Database {
  readonly name: string;
  readonly connection: Connection;
  readonly schemaOwner?: SchemaOwner;
  /** Whether this database passes on what it receives. */
  readonly cascade: boolean;
  /** The name under which the same database stood before. */
  readonly renamedFrom?: string;
  readonly at: Position;
}

/** 1-based place in a file; line 0 and column 0 for a file or directory as a whole. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type CopyData = 'empty' | 'always' | 'never';
export type LinkState = 'running' | 'stopped' | 'detached';
/** What is done about drift that loses no data; the other kind is always put back (rule 15). */
export type DriftPolicy = 'heal' | 'warn';

/** Globs on `schema.table`: `*` any run of characters, `?` one; evaluated on the link's source. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** An instance that a link leaves for another, and what that calls its databases. */
export type LeftInstance = Pick<Link, 'instance' | 'control' | 'aliases'>;

export interface Link {
  /** `a-b`: the link within its topology. */
  readonly id: string;
  /** `orders/a-b`. */
  readonly address: string;
  readonly from: string;
  readonly to: string;
  readonly copyData: CopyData;
  /** Raised to ask for the copy once more (rules 6 and 7). */
  readonly copyGeneration: number;
  readonly disableKicking: boolean;
  /** Whole seconds. */
  readonly kickIntervalSeconds: number;
  readonly tables: Selection;
  readonly sequences: 'auto' | Selection;
  readonly locks: { readonly timeoutMs: number; readonly budgetMs: number };
  readonly state: LinkState;
  /** Bucardo's settings of the link's instance, by bucardo_config name. */
  readonly settings: Readonly<Record<string, string>>;
  /** What `bucardo.instance` says; null where the link has an instance of its own. */
  readonly instanceName: string | null;
  /** The instance's name: `orders_a_b`, or `orders_<name>` where `bucardo.instance` names one; also the name of its pid directory. */
  readonly instance: string;
  /** The control database of its instance, on the hub. */
  readonly control: string;
  /** Instances in which something of it stands, and where it shall not run any more. */
  readonly leaves?: readonly LeftInstance[];
  /** The name of its sync: `orders_a_b` unless the ledger keeps another, as for the two below (rule 22, `withKeptNames`). */
  readonly sync: string;
  /** The name of its dbgroup: in the sources, the key of what was delivered. */
  readonly dbgroup: string;
  readonly relgroup: string;
  /** What the rows of `bucardo.db` call its two databases. */
  readonly aliases: { readonly from: string; readonly to: string };
  /** A sync of other hands that stands for it, to be adopted under the names that it has (rule 22). */
  readonly adopt?: { readonly database: string; readonly sync: string };
  /** Whether its removal is refused, whoever approves it (rule 14). */
  readonly protect: boolean;
  readonly drift: DriftPolicy;
  readonly at: Position;
  /** The id under which the same link stood before: `a-b`. */
  readonly renamedFrom?: string;
  /** Set on a link that its file no longer names: the ledger keeps its last definition, so that it can be supervised and removed (rule 13). */
  readonly former?: true;
}

/** An approval in git: the removal of a link by exactly the plan of this id (DESIGN 5). */
export interface Removal {
  /** `orders/b-c`. */
  readonly address: string;
  /** `52fe-9103`. */
  readonly plan: string;
  /** Whether to wait until every change that stands on the source has reached the target. */
  readonly drain: boolean;
  readonly at: Position;
}

export interface Topology {
  readonly name: string;
  readonly file: string;
  readonly databases: readonly Database[];
  /** In upstream-first order, ties as written. */
  readonly links: readonly Link[];
  /** Approvals of the removal of links that `links` no longer names. */
  readonly removed: readonly Removal[];
}

/** One fault of a file, or a warning about it. `code` is stable and CamelCase. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly at: Position;
  /** The source line at `at`, for the caret. */
  readonly source?: string;
}

/** The host settings (`goatherd.yaml`), defaults applied. */
export interface HostConfig {
  readonly hub: Connection & { readonly host: string; readonly port: number; readonly user: string; readonly dbname: string };
  readonly ledger: string;
  readonly logDir: string;
  readonly pidDir: string;
  readonly bucardo: string;
  /** Where the controller takes its topologies from; null where its command line says so. */
  readonly source: HostSource | null;
  readonly controller: ControllerSettings;
  readonly listen: Listen;
  readonly notify: readonly Receiver[];
  readonly caps: Caps;
}

/** Where the controller's page is served. */
export interface Listen {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Further names that the server is known as. */
  readonly hosts: readonly string[];
  /** Null only where the address is a loopback one, or a person wants none there. */
  readonly token: SecretRef | null;
}

/** Who is told of what is not as it should be, and when. */
export type Receiver = {
  /** The least that is worth saying. */
  readonly severity: 'warning' | 'error';
  /** For so long something stays as it is before it is said; what stays is said again after `repeatMs`. */
  readonly holdMs: number;
  readonly repeatMs: number;
} & (
  | { readonly kind: 'webhook'; readonly url: string | SecretRef; readonly headers: Readonly<Record<string, SecretRef>> }
  /** The program and its arguments. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
);

export type HostSource = { readonly kind: 'directory'; readonly path: string } | GitSource;

/** A repository that the controller fetches by itself. */
export interface GitSource {
  readonly kind: 'git';
  readonly url: string;
  readonly ref: string;
  /** Directory below the repository's root. */
  readonly path: string;
  readonly intervalMs: number;
  readonly requireSigned: boolean;
}

/** How the controller goes about its work. Milliseconds. */
export interface ControllerSettings {
  readonly lookEveryMs: number;
  readonly deepLookEveryMs: number;
  readonly atOnce: number;
  readonly stuckAfterMs: number;
}

/** What approvals in git may cause in one plan (DESIGN 5). */
export interface Caps {
  readonly linksRemoved: number;
  readonly tablesEmptied: number;
}

/** Links that leave the database that `link` enters. */
export function downstreamOf(topology: Topology, link: Link): readonly Link[] {
  return topology.links.filter((other) => other.from === link.to);
}

/** Links that enter the database that `link` leaves. */
export function upstreamOf(topology: Topology, link: Link): readonly Link[] {
  return topology.links.filter((other) => other.to === link.from);
}

/** The names of every database that a change on `name` reaches through cascades, `name` left out, in graph order. */
export function databasesBelow(topology: Topology, name: string): readonly string[] {
  const seen: string[] = [];
  const visit = (from: string): void => {
    for (const link of topology.links) {
      if (link.from !== from || seen.includes(link.to)) continue;
      seen.push(link.to);
      visit(link.to);
    }
  };
  visit(name);
  return seen;
}
