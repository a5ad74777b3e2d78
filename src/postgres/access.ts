import type { Connection, HostConfig, Topology } from '../topology/model.ts';
import { controlDatabase } from '../bucardo/names.ts';
import { GoatherdError } from '../lib/errors.ts';
import { describeTarget, type ResolvedConnection, resolveConnection } from './connection.ts';
import { type Notices, type SessionOptions, Sessions } from './session.ts';

/** As for one session; `notices`: what is listened to in a database of the hub, if anything. */
export interface AccessOptions extends Omit<SessionOptions, 'notices'> {
  readonly notices?: (dbname: string) => Notices | undefined;
}

/** Sessions that a run keeps open, opened when first asked for: to the topology's databases, their schema owners, and databases on the hub. */
export class Access {
  readonly #open = new Map<string, Sessions>();
  readonly #resolved = new Map<string, ResolvedConnection>();
  readonly config: HostConfig;
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #owners: ReadonlyMap<string, Connection>;
  readonly #controls: ReadonlyMap<string, string>;
  readonly #options: AccessOptions;
  readonly #shared: Access | null;

  /** `shared`: whose sessions to databases of the hub are used, so that several topologies need no more of them than one. */
  constructor(config: HostConfig, topology: Pick<Topology, 'databases' | 'links'>, options: AccessOptions, shared: Access | null = null) {
    this.config = config;
    this.#options = options;
    this.#shared = shared;
    // An adopted instance's has a name of its own; a link that moves is known in both.
    this.#controls = new Map(
      topology.links.flatMap(({ instance, control, leaves = [] }): [string, string][] => [
        [instance, control],
        ...leaves.map((left): [string, string] => [left.instance, left.control]),
      ]),
    );
    this.#connections = new Map(topology.databases.map((database) => [database.name, database.connection]));
    this.#owners = new Map(
      topology.databases.flatMap((database): [string, Connection][] => {
        if (database.schemaOwner === undefined) return [];
        const { password: _, ...connection } = database.connection;
        return [[database.name, { ...connection, ...database.schemaOwner }]];
      }),
    );
  }

  /** @throws GoatherdError when a secret or service cannot be read */
  resolved(name: string): ResolvedConnection {
    return this.#resolve(name, this.#connections.get(name));
  }

  /** The schema owner's connection, or null where none is declared. */
  resolvedOwner(name: string): ResolvedConnection | null {
    const connection = this.#owners.get(name);
    return connection === undefined ? null : this.#resolve(`owner of ${name}`, connection);
  }

  resolvedHub(dbname: string): ResolvedConnection {
    return this.#resolve(`hub ${dbname}`, { ...this.config.hub, dbname });
  }

  database(name: string): Sessions {
    return this.#sessions(name, () => this.resolved(name), `database ${name} (${describeTarget(this.#connections.get(name) ?? {})})`);
  }

  /** Sessions of the role that may do DDL on user tables: the schema owner where one is declared. */
  ddl(name: string): Sessions {
    const owner = this.resolvedOwner(name);
    return owner === null ? this.database(name) : this.#sessions(`owner of ${name}`, () => owner, `database ${name} as ${owner.user}`);
  }

  hub(dbname: string): Sessions {
    if (this.#shared !== null) return this.#shared.hub(dbname);
    return this.#sessions(`hub ${dbname}`, () => this.resolvedHub(dbname), `hub database ${dbname}`, this.#options.notices?.(dbname));
  }

  /** The database on the hub that is the control database of this instance. */
  controlDatabase(instance: string): string {
    return this.#controls.get(instance) ?? controlDatabase(instance);
  }

  control(instance: string): Sessions {
    return this.hub(this.controlDatabase(instance));
  }

  /** Ends sessions to one database of the hub, so that it can be renamed or dropped. */
  async forgetHub(dbname: string): Promise<void> {
    if (this.#shared !== null) return this.#shared.forgetHub(dbname);
    const sessions = this.#open.get(`hub ${dbname}`);
    this.#open.delete(`hub ${dbname}`);
    await sessions?.end();
  }

  /** What sessions to a database of the hub are to listen to is other than before: see `Sessions.listenAnew`. Nothing where there are none. */
  async listenAnew(dbname: string): Promise<void> {
    if (this.#shared !== null) return this.#shared.listenAnew(dbname);
    await this.#open.get(`hub ${dbname}`)?.listenAnew();
  }

  async end(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((sessions) => sessions.end()));
  }

  /** Ends every session without asking its server: a line that went silent lets no statement end. Later calls open others. */
  abandon(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const sessions of open) sessions.abandon();
  }

  #resolve(key: string, connection: Connection | undefined): ResolvedConnection {
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    if (connection === undefined) throw new GoatherdError('UnknownDatabase', `no connection is known for ${key}`);
    const resolved = resolveConnection(connection);
    this.#resolved.set(key, resolved);
    return resolved;
  }

  #sessions(key: string, resolve: () => ResolvedConnection, where: string, notices?: Notices): Sessions {
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const { notices: _, ...options } = this.#options;
    const sessions = new Sessions(resolve(), notices === undefined ? options : { ...options, notices }, where);
    this.#open.set(key, sessions);
    // A pool whose first session failed is useless: the next caller tries anew.
    sessions.opened().catch(() => {
      if (this.#open.get(key) === sessions) this.#open.delete(key);
    });
    return sessions;
  }
}
