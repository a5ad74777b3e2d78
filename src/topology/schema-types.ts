// Made from schemas/*.schema.json by `node script/generate-types.ts`. Change the schemas, not this file.

/**
 * The topology's name, unique over all files: a lower-case letter, then at most fifteen lower-case letters, digits and underscores.
 */
export type TopologyName = string;
/**
 * Name, address or socket directory of one PostgreSQL server.
 */
export type Host = string;
/**
 * The server's port. Without it 5432, or what the service says.
 */
export type Port = number;
/**
 * The name that PostgreSQL knows the database by.
 */
export type Dbname = string;
/**
 * Whether and how strictly TLS is used (libpq's `sslmode`). Only `verify-full` proves that it is the server that was meant.
 */
export type Sslmode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
/**
 * A link in short: `a -> b`.
 */
export type Arrow = string;
/**
 * `empty` copies the tables that are empty on the target. `always` empties the target's tables first, and needs approval where one has rows. `never` copies nothing.
 */
export type CopyData = 'empty' | 'always' | 'never';
/**
 * Raise it to ask for the copy once more: under `always` of every table, under `empty` of those that are empty then, under `never` of nothing. Links below copy the same tables again.
 */
export type CopyGeneration = number;
/**
 * True: no NOTIFY at each commit, the daemon polls every `kick_interval`. False: kick triggers, which serialise every commit of the source. Links with kick triggers that leave the same database must share an instance.
 */
export type DisableKicking = boolean;
/**
 * How often the daemon looks for changes, in whole seconds. `1s` without kick triggers; with them a safety net of `30s`.
 */
export type KickInterval = string;
/**
 * Patterns on `schema.name`: `*` is any run of characters, `?` one character. Names are written as PostgreSQL keeps them, without quotes.
 *
 * @minItems 1
 * @maxItems 10000
 */
export type Patterns = string[];
/**
 * Patterns on `schema.name`: `*` is any run of characters, `?` one character. Names are written as PostgreSQL keeps them, without quotes.
 *
 * @maxItems 10000
 */
export type Patterns1 = string[];
/**
 * The sequences to replicate. `auto`: those that a replicated table owns or takes a default from. Or patterns on `schema.sequence`.
 */
export type Sequences = SequencesAuto | SequenceSelection;
/**
 * The sequences that a replicated table owns or takes a default from.
 */
export type SequencesAuto = 'auto';
/**
 * Patterns on `schema.name`: `*` is any run of characters, `?` one character. Names are written as PostgreSQL keeps them, without quotes.
 *
 * @maxItems 10000
 */
export type Patterns2 = string[];
/**
 * Patterns on `schema.name`: `*` is any run of characters, `?` one character. Names are written as PostgreSQL keeps them, without quotes.
 *
 * @maxItems 10000
 */
export type Patterns3 = string[];
/**
 * `running`; or `stopped`: all is prepared and the triggers record, but nothing runs and nothing is copied; or `detached`: the triggers are gone and nothing is recorded, so that to come back means a copy.
 */
export type State = 'running' | 'stopped' | 'detached';
/**
 * True: the removal of this link is refused, whoever approves it, until a file without `protect` has been applied; so is the removal of the whole topology. At the topology for all its links; a link may differ.
 */
export type Protect = boolean;
/**
 * What is done about a fact that was as declared and is not any more. `heal` puts it back. `warn` shows it and leaves it, as long as it loses no data: what may lose writes is always put back, and the link is `Suspect`.
 */
export type Drift = 'heal' | 'warn';

/**
 * One topology: the databases that take part and the links between them. One file holds one topology; goatherd makes Bucardo agree with it.
 */
export interface TopologyFile {
  topology: TopologyName;
  /**
   * The databases that take part, each under a name of its own: a lower-case letter, then at most seven lower-case letters and digits. The names are used in links, in plans and in the names of Bucardo's objects.
   */
  databases: {
    [k: string]: Database;
  };
  /**
   * The links, each one Bucardo sync from one source to one target: `a -> b`, or a mapping with `from`, `to` and the settings in which this link differs from the topology.
   *
   * @maxItems 1000
   */
  links: (Arrow | Link)[];
  /**
   * Whether a database that receives and sends passes on what it receives. For all databases here; one database may differ.
   */
  cascade?: boolean;
  copy_data?: CopyData;
  copy_generation?: CopyGeneration;
  disable_kicking?: DisableKicking;
  kick_interval?: KickInterval;
  tables?: Tables;
  sequences?: Sequences;
  locks?: Locks;
  state?: State;
  bucardo?: Bucardo;
  protect?: Protect;
  drift?: Drift;
  /**
   * Approvals, in git, of removals: an entry for each link whose line has left `links`. It approves exactly the destructive steps that the plan names by this id. An entry whose link is gone is ignored; one whose link stands in `links` is a warning.
   *
   * @maxItems 1000
   */
  removed?: Removal[];
}
/**
 * How to reach one PostgreSQL database. Either `host` and `dbname`, or a `service` of pg_service.conf; what stands here goes before what the service says.
 */
export interface Database {
  host?: Host;
  port?: Port;
  dbname?: Dbname;
  /**
   * The role that goatherd and Bucardo connect as. Without it `goatherd`, or what the service says. Not `bucardo`: Bucardo re-creates a role of that name as a superuser by itself.
   */
  user?: string;
  password?: Secret;
  /**
   * An entry of pg_service.conf. The entry must exist where goatherd runs and on the hub.
   */
  service?: string;
  sslmode?: Sslmode;
  /**
   * The file of the certificate authorities that the server's certificate is checked against (libpq's `sslrootcert`; `system` for the system's).
   */
  sslrootcert?: string;
  /**
   * The file of the client's certificate (libpq's `sslcert`).
   */
  sslcert?: string;
  /**
   * The file of the client certificate's key (libpq's `sslkey`).
   */
  sslkey?: string;
  schema_owner?: SchemaOwner;
  /**
   * Whether this database passes on what it receives. Without it, what the topology says.
   */
  cascade?: boolean;
  /**
   * The name of a database of this topology: a lower-case letter, then at most seven lower-case letters and digits.
   */
  renamed_from?: string;
}
/**
 * Where the password is taken from at the moment of connecting: `{env: NAME}`, an environment variable, or `{file: PATH}`, a file that holds nothing else. Never the password itself. Without it libpq's own rules hold (passfile).
 */
export interface Secret {
  /**
   * The environment variable that holds the password.
   */
  env?: string;
  /**
   * The file that holds the password and nothing else but a newline.
   */
  file?: string;
}
/**
 * The role that may do DDL on the tables where `user` may not.
 */
export interface SchemaOwner {
  /**
   * The owner's name.
   */
  user: string;
  password?: Secret;
}
/**
 * A link with settings of its own. Mappings are merged key by key with the topology's, everything else replaces it.
 */
export interface Link {
  /**
   * The name of a database of this topology: a lower-case letter, then at most seven lower-case letters and digits.
   */
  from: string;
  /**
   * The name of a database of this topology: a lower-case letter, then at most seven lower-case letters and digits.
   */
  to: string;
  copy_data?: CopyData;
  copy_generation?: CopyGeneration;
  disable_kicking?: DisableKicking;
  kick_interval?: KickInterval;
  tables?: Tables;
  sequences?: Sequences;
  locks?: Locks;
  state?: State;
  bucardo?: Bucardo;
  protect?: Protect;
  drift?: Drift;
  /**
   * The link as which this same link stood before, such as `a-b`, where another entry of `databases` has taken the place of one of its ends. For a database that has another name now, `renamed_from` at the database does it for all its links.
   */
  renamed_from?: string;
}
/**
 * The tables to replicate, found on the link's source: those that a pattern of `include` matches and none of `exclude`. System schemas and those of Bucardo and goatherd never match.
 */
export interface Tables {
  include?: Patterns;
  exclude?: Patterns1;
}
/**
 * The sequences that a pattern of `include` matches and none of `exclude`. An empty `include` replicates none.
 */
export interface SequenceSelection {
  include?: Patterns2;
  exclude?: Patterns3;
}
/**
 * How goatherd waits for the locks that creating triggers needs.
 */
export interface Locks {
  /**
   * The longest wait for one table's lock; clients that write wait behind it.
   */
  timeout?: string;
  /**
   * How long a step goes on trying.
   */
  budget?: string;
}
/**
 * What concerns the link's Bucardo instance: its control database, daemon, logs and pid directory.
 */
export interface Bucardo {
  adopt?: Adopt;
  /**
   * Links with the same name run in one instance, and their `settings` must agree. Without it each link has an instance of its own. A lower-case letter, then at most fifteen lower-case letters and digits.
   */
  instance?: string;
  settings?: Settings;
}
/**
 * The sync that stands for this link already, in a control database on the hub that other hands made. The first plan adopts it and changes nothing; the names stay as they are. Once it is adopted, the key may stay or go.
 */
export interface Adopt {
  /**
   * The control database on the hub.
   */
  database: string;
  /**
   * The name of the sync in it. It has one source and one target.
   */
  sync: string;
}
/**
 * Settings of the instance, under Bucardo's own names (table bucardo_config). Those that goatherd sets itself are not among them.
 */
export interface Settings {
  /**
   * Without effect in Bucardo 5.6.
   */
  autosync_ddl?: string;
  /**
   * Seconds between a controller's looks at its kids. Bucardo's default: 10; goatherd's: 1.
   */
  ctl_checkonkids_time?: number;
  /**
   * Seconds that a controller gives a new kid to start. Bucardo's default: 0.5.
   */
  ctl_createkid_time?: number;
  /**
   * Seconds that a controller sleeps between loops. Bucardo's default: 0.2; goatherd's: 0.1.
   */
  ctl_sleep?: number;
  /**
   * Without effect: links go one way and know no conflicts.
   */
  default_conflict_strategy?: string;
  /**
   * Seconds to sleep when custom code asks for the end of a sync. Bucardo's default: 1.
   */
  endsync_sleep?: number;
  /**
   * Without effect: goatherd makes no flat files.
   */
  flatfile_dir?: string;
  /**
   * The isolation level of a run. Bucardo's default: repeatable read.
   */
  isolation_level?: 'repeatable read' | 'serializable';
  /**
   * Seconds to sleep after a deadlock; -1 gives up. Bucardo's default: 0.5.
   */
  kid_deadlock_sleep?: number;
  /**
   * Seconds to sleep when there are no changes. Bucardo's default: 0.5; goatherd's: 0.1.
   */
  kid_nodeltarows_sleep?: number;
  /**
   * Seconds between a kid's pings of its databases. Bucardo's default: 60.
   */
  kid_pingtime?: number;
  /**
   * Seconds before a kid is started again. Bucardo's default: 1; goatherd's: 0.5.
   */
  kid_restart_sleep?: number;
  /**
   * Seconds to sleep after a serialization failure; -1 gives up. Bucardo's default: 0.5.
   */
  kid_serial_sleep?: number;
  /**
   * Seconds that a kid sleeps between loops. Bucardo's default: 0.5; goatherd's: 0.2.
   */
  kid_sleep?: number;
  /**
   * How much is logged. Bucardo's default: normal.
   */
  log_level?: 'terse' | 'normal' | 'verbose' | 'debug';
  /**
   * 1: microseconds in the log's times. Bucardo's default: 0.
   */
  log_microsecond?: 0 | 1;
  /**
   * 1: the level in each log line. Bucardo's default: 0.
   */
  log_showlevel?: 0 | 1;
  /**
   * 1: Bucardo's line number in each log line. Bucardo's default: 0.
   */
  log_showline?: 0 | 1;
  /**
   * 1: the process in each log line. Bucardo's default: 1.
   */
  log_showpid?: 0 | 1;
  /**
   * 1: the sync's name in each log line. Bucardo's default: 1.
   */
  log_showsyncname?: 0 | 1;
  /**
   * The time in each log line: 0 none, 1 seconds since 1970, 2 UTC, 3 local time. Bucardo's default: 3.
   */
  log_showtime?: 0 | 1 | 2 | 3;
  /**
   * strftime's format of the log's times. Bucardo's default: empty.
   */
  log_timer_format?: string;
  /**
   * Seconds before the daemon starts again after trouble with a database; 0 does not. Bucardo's default: 15.
   */
  mcp_dbproblem_sleep?: number;
  /**
   * Seconds that the master sleeps between loops. Bucardo's default: 0.2; goatherd's: 0.1.
   */
  mcp_loop_sleep?: number;
  /**
   * Seconds between the master's pings of its databases. Bucardo's default: 60.
   */
  mcp_pingtime?: number;
  /**
   * Seconds between the master's looks at the VAC process. Bucardo's default: 60.
   */
  mcp_vactime?: number;
  /**
   * Seconds that Bucardo's command waits for a reload. Bucardo's default: 30.
   */
  reload_config_timeout?: number;
  /**
   * Without effect: only Bucardo's MongoDB code reads it.
   */
  semaphore_table?: string;
  /**
   * How many keys go into one DELETE or COPY. Bucardo's default: 6000.
   */
  statement_chunk_size?: number;
  /**
   * Without effect in Bucardo 5.6.
   */
  stats_script_url?: string;
  /**
   * Keepalive probes before a run's connection counts as lost; 0 leaves the system's. Bucardo's default: 0.
   */
  tcp_keepalives_count?: number;
  /**
   * Seconds of silence before the first keepalive probe; 0 leaves the system's. Bucardo's default: 0.
   */
  tcp_keepalives_idle?: number;
  /**
   * Seconds between keepalive probes; 0 leaves the system's. Bucardo's default: 0.
   */
  tcp_keepalives_interval?: number;
  /**
   * Seconds between runs of the VAC process's cleaning. Bucardo's default: 30.
   */
  vac_run?: number;
  /**
   * Seconds that the VAC process sleeps between loops. Bucardo's default: 120.
   */
  vac_sleep?: number;
  /**
   * Without effect: Bucardo 5.6 reads it only from an rc file.
   */
  warning_file?: string;
}
/**
 * The approval of one removal.
 */
export interface Removal {
  /**
   * A link in short: `a -> b`.
   */
  link: string;
  /**
   * The id under which the plan names its destructive steps: `52fe-9103`. Other steps have another id, and are not approved.
   */
  plan: string;
  /**
   * `teardown`: everything that stands for the link goes. No table of yours and no row in one is touched.
   */
  reclaim?: 'teardown';
  /**
   * Whether to wait first until every change that stands on the source has reached the target. False does not wait, and the plan says how many changes the target will never get.
   */
  drain?: boolean;
}

export const topologySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Topology file',
  description:
    'One topology: the databases that take part and the links between them. One file holds one topology; goatherd makes Bucardo agree with it.',
  type: 'object',
  additionalProperties: false,
  required: ['topology', 'databases', 'links'],
  properties: {
    topology: { $ref: '#/$defs/topologyName' },
    databases: {
      title: 'Databases',
      description:
        "The databases that take part, each under a name of its own: a lower-case letter, then at most seven lower-case letters and digits. The names are used in links, in plans and in the names of Bucardo's objects.",
      type: 'object',
      minProperties: 1,
      maxProperties: 1000,
      propertyNames: { $ref: '#/$defs/databaseName' },
      additionalProperties: { $ref: '#/$defs/database' },
      examples: [{ a: { host: 'pg-a.internal', dbname: 'orders' }, b: { host: 'pg-b.internal', dbname: 'orders' } }],
    },
    links: {
      title: 'Links',
      description:
        'The links, each one Bucardo sync from one source to one target: `a -> b`, or a mapping with `from`, `to` and the settings in which this link differs from the topology.',
      type: 'array',
      maxItems: 1000,
      items: { anyOf: [{ $ref: '#/$defs/arrow' }, { $ref: '#/$defs/link' }] },
      examples: [['a -> b', 'b -> c'], [{ from: 'a', to: 'b', copy_data: 'never' }]],
    },
    cascade: {
      title: 'Cascade',
      description:
        'Whether a database that receives and sends passes on what it receives. For all databases here; one database may differ.',
      type: 'boolean',
      default: true,
    },
    copy_data: { $ref: '#/$defs/copyData' },
    copy_generation: { $ref: '#/$defs/copyGeneration' },
    disable_kicking: { $ref: '#/$defs/disableKicking' },
    kick_interval: { $ref: '#/$defs/kickInterval' },
    tables: { $ref: '#/$defs/tables' },
    sequences: { $ref: '#/$defs/sequences' },
    locks: { $ref: '#/$defs/locks' },
    state: { $ref: '#/$defs/state' },
    bucardo: { $ref: '#/$defs/bucardo' },
    protect: { $ref: '#/$defs/protect' },
    drift: { $ref: '#/$defs/drift' },
    removed: {
      title: 'Approved removals',
      description:
        'Approvals, in git, of removals: an entry for each link whose line has left `links`. It approves exactly the destructive steps that the plan names by this id. An entry whose link is gone is ignored; one whose link stands in `links` is a warning.',
      type: 'array',
      maxItems: 1000,
      items: { $ref: '#/$defs/removal' },
      examples: [[{ link: 'b -> c', plan: '52fe-9103', reclaim: 'teardown' }]],
    },
  },
  $defs: {
    topologyName: {
      title: 'Topology name',
      description:
        "The topology's name, unique over all files: a lower-case letter, then at most fifteen lower-case letters, digits and underscores.",
      type: 'string',
      pattern: '^[a-z][a-z0-9_]{0,15}$',
      patternErrorMessage: 'a lower-case letter, then at most 15 lower-case letters, digits and underscores',
      examples: ['orders'],
    },
    databaseName: {
      title: 'Database name',
      description: 'The name of a database of this topology: a lower-case letter, then at most seven lower-case letters and digits.',
      type: 'string',
      pattern: '^[a-z][a-z0-9]{0,7}$',
      patternErrorMessage: 'a lower-case letter, then at most 7 lower-case letters and digits',
      examples: ['a', 'hq', 'berlin2'],
    },
    database: {
      title: 'Database',
      description:
        'How to reach one PostgreSQL database. Either `host` and `dbname`, or a `service` of pg_service.conf; what stands here goes before what the service says.',
      type: 'object',
      additionalProperties: false,
      if: { not: { required: ['service'] } },
      then: { required: ['host', 'dbname'] },
      properties: {
        host: { $ref: '#/$defs/host' },
        port: { $ref: '#/$defs/port' },
        dbname: { $ref: '#/$defs/dbname' },
        user: {
          title: 'User',
          description:
            'The role that goatherd and Bucardo connect as. Without it `goatherd`, or what the service says. Not `bucardo`: Bucardo re-creates a role of that name as a superuser by itself.',
          type: 'string',
          minLength: 1,
          maxLength: 63,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: "a role's name, without control characters",
          default: 'goatherd',
        },
        password: { $ref: '#/$defs/secret' },
        service: {
          title: 'Service',
          description: 'An entry of pg_service.conf. The entry must exist where goatherd runs and on the hub.',
          type: 'string',
          pattern: '^[^\\s\\u0000-\\u001f\\u007f;\'"\\\\\\[\\]]+$',
          patternErrorMessage: 'the name of an entry of pg_service.conf, without spaces, quotes, brackets, backslashes and semicolons',
        },
        sslmode: { $ref: '#/$defs/sslmode' },
        sslrootcert: {
          title: 'Root certificates',
          description:
            "The file of the certificate authorities that the server's certificate is checked against (libpq's `sslrootcert`; `system` for the system's).",
          $ref: '#/$defs/libpqPath',
        },
        sslcert: {
          title: 'Client certificate',
          description: "The file of the client's certificate (libpq's `sslcert`).",
          $ref: '#/$defs/libpqPath',
        },
        sslkey: {
          title: 'Client key',
          description: "The file of the client certificate's key (libpq's `sslkey`).",
          $ref: '#/$defs/libpqPath',
        },
        schema_owner: { $ref: '#/$defs/schemaOwner' },
        cascade: {
          title: 'Cascade of one database',
          description: 'Whether this database passes on what it receives. Without it, what the topology says.',
          type: 'boolean',
        },
        renamed_from: {
          title: 'Former name',
          description:
            'The name under which this same database stood before. Its links keep what stands for them, names included, and nothing is copied or made anew. Once it has been applied it may stay or go.',
          $ref: '#/$defs/databaseName',
        },
      },
    },
    host: {
      title: 'Host',
      description: 'Name, address or socket directory of one PostgreSQL server.',
      type: 'string',
      pattern: '^(?!.*://)(?![^:/]+:[0-9]+$)[^\\s\\u0000-\\u001f\\u007f,;\'"\\\\]+$',
      patternErrorMessage: 'one host name, address or socket directory, without spaces, commas, quotes, backslashes and semicolons',
      examples: ['pg-a.internal', '10.0.0.7', '/var/run/postgresql'],
    },
    port: {
      title: 'Port',
      description: "The server's port. Without it 5432, or what the service says.",
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 5432,
    },
    dbname: {
      title: 'Database name on the server',
      description: 'The name that PostgreSQL knows the database by.',
      type: 'string',
      maxLength: 63,
      pattern: '^[^\\s\\u0000-\\u001f\\u007f;\'"\\\\=]+$',
      patternErrorMessage: "one database's name, without spaces, quotes, backslashes, semicolons and equals signs",
      examples: ['orders'],
    },
    libpqPath: {
      title: 'Path',
      type: 'string',
      pattern: '^[^\\s\\u0000-\\u001f\\u007f;\'"\\\\]+$',
      patternErrorMessage: 'a path, without spaces, quotes, backslashes and semicolons',
    },
    sslmode: {
      title: 'TLS',
      description:
        "Whether and how strictly TLS is used (libpq's `sslmode`). Only `verify-full` proves that it is the server that was meant.",
      enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    },
    secret: {
      title: 'Password reference',
      description:
        "Where the password is taken from at the moment of connecting: `{env: NAME}`, an environment variable, or `{file: PATH}`, a file that holds nothing else. Never the password itself. Without it libpq's own rules hold (passfile).",
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        env: {
          title: 'Environment variable',
          description: 'The environment variable that holds the password.',
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage: 'the name of an environment variable: letters, digits and underscores, without `$`',
        },
        file: {
          title: 'Password file',
          description: 'The file that holds the password and nothing else but a newline.',
          type: 'string',
          minLength: 1,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: 'a path, without control characters',
        },
      },
      examples: [{ env: 'PG_A_PASSWORD' }, { file: '/etc/goatherd/pg-a.password' }],
    },
    schemaOwner: {
      title: 'Schema owner',
      description: 'The role that may do DDL on the tables where `user` may not.',
      type: 'object',
      additionalProperties: false,
      required: ['user'],
      properties: {
        user: {
          title: "Schema owner's role",
          description: "The owner's name.",
          type: 'string',
          minLength: 1,
          maxLength: 63,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: "a role's name, without control characters",
        },
        password: { $ref: '#/$defs/secret' },
      },
    },
    arrow: {
      title: 'Arrow',
      description: 'A link in short: `a -> b`.',
      type: 'string',
      pattern: '^ *[a-z][a-z0-9]{0,7} *-> *[a-z][a-z0-9]{0,7} *$',
      patternErrorMessage: '`a -> b`: the names of two databases with an arrow between them',
    },
    link: {
      title: 'Link',
      description: "A link with settings of its own. Mappings are merged key by key with the topology's, everything else replaces it.",
      type: 'object',
      additionalProperties: false,
      required: ['from', 'to'],
      properties: {
        from: { title: 'Source', description: 'The database that sends.', $ref: '#/$defs/databaseName' },
        to: { title: 'Target', description: 'The database that receives.', $ref: '#/$defs/databaseName' },
        copy_data: { $ref: '#/$defs/copyData' },
        copy_generation: { $ref: '#/$defs/copyGeneration' },
        disable_kicking: { $ref: '#/$defs/disableKicking' },
        kick_interval: { $ref: '#/$defs/kickInterval' },
        tables: { $ref: '#/$defs/tables' },
        sequences: { $ref: '#/$defs/sequences' },
        locks: { $ref: '#/$defs/locks' },
        state: { $ref: '#/$defs/state' },
        bucardo: { $ref: '#/$defs/bucardo' },
        protect: { $ref: '#/$defs/protect' },
        drift: { $ref: '#/$defs/drift' },
        renamed_from: {
          title: 'Former link',
          description:
            'The link as which this same link stood before, such as `a-b`, where another entry of `databases` has taken the place of one of its ends. For a database that has another name now, `renamed_from` at the database does it for all its links.',
          type: 'string',
          pattern: '^ *[a-z][a-z0-9]{0,7} *->? *[a-z][a-z0-9]{0,7} *$',
          patternErrorMessage: 'the former link, such as `a-b` or `a -> b`',
          examples: ['a-b'],
        },
      },
    },
    removal: {
      title: 'Approved removal',
      description: 'The approval of one removal.',
      type: 'object',
      additionalProperties: false,
      required: ['link', 'plan'],
      properties: {
        link: { title: 'Removed link', description: 'The link that is removed: `b -> c`.', $ref: '#/$defs/arrow' },
        plan: {
          title: 'Plan id',
          description:
            'The id under which the plan names its destructive steps: `52fe-9103`. Other steps have another id, and are not approved.',
          type: 'string',
          pattern: '^[0-9a-f]{4}-[0-9a-f]{4}$',
          patternErrorMessage: 'the id that the plan prints, such as `52fe-9103`',
          examples: ['52fe-9103'],
        },
        reclaim: {
          title: 'What becomes of its objects',
          description: '`teardown`: everything that stands for the link goes. No table of yours and no row in one is touched.',
          enum: ['teardown'],
          default: 'teardown',
        },
        drain: {
          title: 'Drain',
          description:
            'Whether to wait first until every change that stands on the source has reached the target. False does not wait, and the plan says how many changes the target will never get.',
          type: 'boolean',
          default: true,
        },
      },
    },
    drift: {
      title: 'Drift',
      description:
        'What is done about a fact that was as declared and is not any more. `heal` puts it back. `warn` shows it and leaves it, as long as it loses no data: what may lose writes is always put back, and the link is `Suspect`.',
      enum: ['heal', 'warn'],
      default: 'heal',
    },
    protect: {
      title: 'Protection',
      description:
        'True: the removal of this link is refused, whoever approves it, until a file without `protect` has been applied; so is the removal of the whole topology. At the topology for all its links; a link may differ.',
      type: 'boolean',
      default: false,
    },
    copyGeneration: {
      title: 'Copy generation',
      description:
        'Raise it to ask for the copy once more: under `always` of every table, under `empty` of those that are empty then, under `never` of nothing. Links below copy the same tables again.',
      type: 'integer',
      minimum: 1,
      maximum: 1000000,
      default: 1,
    },
    copyData: {
      title: 'Initial copy',
      description:
        "`empty` copies the tables that are empty on the target. `always` empties the target's tables first, and needs approval where one has rows. `never` copies nothing.",
      enum: ['empty', 'always', 'never'],
      default: 'empty',
    },
    disableKicking: {
      title: 'No kick triggers',
      description:
        'True: no NOTIFY at each commit, the daemon polls every `kick_interval`. False: kick triggers, which serialise every commit of the source. Links with kick triggers that leave the same database must share an instance.',
      type: 'boolean',
      default: true,
    },
    kickInterval: {
      title: 'Poll interval',
      description: 'How often the daemon looks for changes, in whole seconds. `1s` without kick triggers; with them a safety net of `30s`.',
      type: 'string',
      pattern: '^[0-9]{1,9} ?(ms|s|m|h|d)$',
      patternErrorMessage: 'a whole number and ms, s, m, h or d, such as `5s`',
      examples: ['1s', '5s', '1m'],
    },
    patterns: {
      title: 'Patterns',
      description:
        'Patterns on `schema.name`: `*` is any run of characters, `?` one character. Names are written as PostgreSQL keeps them, without quotes.',
      type: 'array',
      maxItems: 10000,
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
      examples: [['public.*', 'sales.order_?']],
    },
    tables: {
      title: 'Tables',
      description:
        "The tables to replicate, found on the link's source: those that a pattern of `include` matches and none of `exclude`. System schemas and those of Bucardo and goatherd never match.",
      type: 'object',
      additionalProperties: false,
      properties: {
        include: { title: 'Included tables', type: 'array', minItems: 1, default: ['*.*'], $ref: '#/$defs/patterns' },
        exclude: { title: 'Excluded tables', default: [], $ref: '#/$defs/patterns' },
      },
    },
    sequences: {
      title: 'Sequences',
      description:
        'The sequences to replicate. `auto`: those that a replicated table owns or takes a default from. Or patterns on `schema.sequence`.',
      anyOf: [{ $ref: '#/$defs/sequencesAuto' }, { $ref: '#/$defs/sequenceSelection' }],
      default: 'auto',
    },
    sequencesAuto: {
      title: 'Automatic sequences',
      description: 'The sequences that a replicated table owns or takes a default from.',
      type: 'string',
      enum: ['auto'],
    },
    sequenceSelection: {
      title: 'Sequence patterns',
      description: 'The sequences that a pattern of `include` matches and none of `exclude`. An empty `include` replicates none.',
      type: 'object',
      additionalProperties: false,
      properties: {
        include: { title: 'Included sequences', default: ['*.*'], $ref: '#/$defs/patterns' },
        exclude: { title: 'Excluded sequences', default: [], $ref: '#/$defs/patterns' },
      },
    },
    locks: {
      title: 'Locks',
      description: 'How goatherd waits for the locks that creating triggers needs.',
      type: 'object',
      additionalProperties: false,
      properties: {
        timeout: {
          title: 'Lock timeout',
          description: "The longest wait for one table's lock; clients that write wait behind it.",
          type: 'string',
          pattern: '^[0-9]{1,9} ?(ms|s|m|h|d)$',
          patternErrorMessage: 'a whole number and ms, s, m, h or d, such as `500ms`',
          default: '500ms',
        },
        budget: {
          title: 'Lock budget',
          description: 'How long a step goes on trying.',
          type: 'string',
          pattern: '^[0-9]{1,9} ?(ms|s|m|h|d)$',
          patternErrorMessage: 'a whole number and ms, s, m, h or d, such as `30m`',
          default: '30m',
        },
      },
    },
    state: {
      title: 'State',
      description:
        '`running`; or `stopped`: all is prepared and the triggers record, but nothing runs and nothing is copied; or `detached`: the triggers are gone and nothing is recorded, so that to come back means a copy.',
      enum: ['running', 'stopped', 'detached'],
      default: 'running',
    },
    adopt: {
      title: 'Adopt',
      description:
        'The sync that stands for this link already, in a control database on the hub that other hands made. The first plan adopts it and changes nothing; the names stay as they are. Once it is adopted, the key may stay or go.',
      type: 'object',
      additionalProperties: false,
      required: ['database', 'sync'],
      properties: {
        database: {
          title: 'Control database',
          description: 'The control database on the hub.',
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,62}$',
          patternErrorMessage: 'the name of a database: a letter or underscore, then letters, digits, underscores and dashes',
        },
        sync: {
          title: 'Sync',
          description: 'The name of the sync in it. It has one source and one target.',
          type: 'string',
          pattern: '^[A-Za-z][A-Za-z0-9_]{0,41}$',
          patternErrorMessage: "a sync's name: a letter, then at most 41 letters, digits and underscores",
        },
      },
    },
    bucardo: {
      title: 'Bucardo',
      description: "What concerns the link's Bucardo instance: its control database, daemon, logs and pid directory.",
      type: 'object',
      additionalProperties: false,
      properties: {
        adopt: {
          $ref: '#/$defs/adopt',
        },
        instance: {
          title: 'Instance',
          description:
            'Links with the same name run in one instance, and their `settings` must agree. Without it each link has an instance of its own. A lower-case letter, then at most fifteen lower-case letters and digits.',
          type: 'string',
          pattern: '^[a-z][a-z0-9]{0,15}$',
          patternErrorMessage: 'a lower-case letter, then at most 15 lower-case letters and digits',
        },
        settings: { $ref: '#/$defs/settings' },
      },
    },
    settings: {
      title: 'Bucardo settings',
      description:
        "Settings of the instance, under Bucardo's own names (table bucardo_config). Those that goatherd sets itself are not among them.",
      type: 'object',
      additionalProperties: false,
      properties: {
        autosync_ddl: { description: 'Without effect in Bucardo 5.6.', $ref: '#/$defs/settingText' },
        ctl_checkonkids_time: {
          description: "Seconds between a controller's looks at its kids. Bucardo's default: 10; goatherd's: 1.",
          $ref: '#/$defs/settingSeconds',
        },
        ctl_createkid_time: {
          description: "Seconds that a controller gives a new kid to start. Bucardo's default: 0.5.",
          $ref: '#/$defs/settingSeconds',
        },
        ctl_sleep: {
          description: "Seconds that a controller sleeps between loops. Bucardo's default: 0.2; goatherd's: 0.1.",
          $ref: '#/$defs/settingSeconds',
        },
        default_conflict_strategy: {
          description: 'Without effect: links go one way and know no conflicts.',
          $ref: '#/$defs/settingText',
        },
        endsync_sleep: {
          description: "Seconds to sleep when custom code asks for the end of a sync. Bucardo's default: 1.",
          $ref: '#/$defs/settingSeconds',
        },
        flatfile_dir: { description: 'Without effect: goatherd makes no flat files.', $ref: '#/$defs/settingText' },
        isolation_level: {
          description: "The isolation level of a run. Bucardo's default: repeatable read.",
          type: 'string',
          enum: ['repeatable read', 'serializable'],
        },
        kid_deadlock_sleep: {
          description: "Seconds to sleep after a deadlock; -1 gives up. Bucardo's default: 0.5.",
          $ref: '#/$defs/settingRetry',
        },
        kid_nodeltarows_sleep: {
          description: "Seconds to sleep when there are no changes. Bucardo's default: 0.5; goatherd's: 0.1.",
          $ref: '#/$defs/settingSeconds',
        },
        kid_pingtime: {
          description: "Seconds between a kid's pings of its databases. Bucardo's default: 60.",
          $ref: '#/$defs/settingSeconds',
        },
        kid_restart_sleep: {
          description: "Seconds before a kid is started again. Bucardo's default: 1; goatherd's: 0.5.",
          $ref: '#/$defs/settingSeconds',
        },
        kid_serial_sleep: {
          description: "Seconds to sleep after a serialization failure; -1 gives up. Bucardo's default: 0.5.",
          $ref: '#/$defs/settingRetry',
        },
        kid_sleep: {
          description: "Seconds that a kid sleeps between loops. Bucardo's default: 0.5; goatherd's: 0.2.",
          $ref: '#/$defs/settingSeconds',
        },
        log_level: {
          description: "How much is logged. Bucardo's default: normal.",
          type: 'string',
          enum: ['terse', 'normal', 'verbose', 'debug'],
        },
        log_microsecond: { description: "1: microseconds in the log's times. Bucardo's default: 0.", $ref: '#/$defs/settingFlag' },
        log_showlevel: { description: "1: the level in each log line. Bucardo's default: 0.", $ref: '#/$defs/settingFlag' },
        log_showline: {
          description: "1: Bucardo's line number in each log line. Bucardo's default: 0.",
          $ref: '#/$defs/settingFlag',
        },
        log_showpid: { description: "1: the process in each log line. Bucardo's default: 1.", $ref: '#/$defs/settingFlag' },
        log_showsyncname: { description: "1: the sync's name in each log line. Bucardo's default: 1.", $ref: '#/$defs/settingFlag' },
        log_showtime: {
          description: "The time in each log line: 0 none, 1 seconds since 1970, 2 UTC, 3 local time. Bucardo's default: 3.",
          type: 'integer',
          enum: [0, 1, 2, 3],
        },
        log_timer_format: {
          description: "strftime's format of the log's times. Bucardo's default: empty.",
          $ref: '#/$defs/settingText',
        },
        mcp_dbproblem_sleep: {
          description: "Seconds before the daemon starts again after trouble with a database; 0 does not. Bucardo's default: 15.",
          $ref: '#/$defs/settingSeconds',
        },
        mcp_loop_sleep: {
          description: "Seconds that the master sleeps between loops. Bucardo's default: 0.2; goatherd's: 0.1.",
          $ref: '#/$defs/settingSeconds',
        },
        mcp_pingtime: {
          description: "Seconds between the master's pings of its databases. Bucardo's default: 60.",
          $ref: '#/$defs/settingSeconds',
        },
        mcp_vactime: {
          description: "Seconds between the master's looks at the VAC process. Bucardo's default: 60.",
          $ref: '#/$defs/settingSeconds',
        },
        reload_config_timeout: {
          description: "Seconds that Bucardo's command waits for a reload. Bucardo's default: 30.",
          $ref: '#/$defs/settingSeconds',
        },
        semaphore_table: { description: "Without effect: only Bucardo's MongoDB code reads it.", $ref: '#/$defs/settingText' },
        statement_chunk_size: {
          description: "How many keys go into one DELETE or COPY. Bucardo's default: 6000.",
          type: 'integer',
          minimum: 1,
          maximum: 1000000,
        },
        stats_script_url: { description: 'Without effect in Bucardo 5.6.', $ref: '#/$defs/settingText' },
        tcp_keepalives_count: {
          description: "Keepalive probes before a run's connection counts as lost; 0 leaves the system's. Bucardo's default: 0.",
          $ref: '#/$defs/settingCount',
        },
        tcp_keepalives_idle: {
          description: "Seconds of silence before the first keepalive probe; 0 leaves the system's. Bucardo's default: 0.",
          $ref: '#/$defs/settingCount',
        },
        tcp_keepalives_interval: {
          description: "Seconds between keepalive probes; 0 leaves the system's. Bucardo's default: 0.",
          $ref: '#/$defs/settingCount',
        },
        vac_run: {
          description: "Seconds between runs of the VAC process's cleaning. Bucardo's default: 30.",
          $ref: '#/$defs/settingSeconds',
        },
        vac_sleep: {
          description: "Seconds that the VAC process sleeps between loops. Bucardo's default: 120.",
          $ref: '#/$defs/settingSeconds',
        },
        warning_file: { description: 'Without effect: Bucardo 5.6 reads it only from an rc file.', $ref: '#/$defs/settingText' },
      },
    },
    settingSeconds: { title: 'Seconds', type: 'number', minimum: 0, maximum: 86400 },
    settingRetry: { title: 'Seconds, or -1', type: 'number', minimum: -1, maximum: 86400 },
    settingFlag: { title: '0 or 1', type: 'integer', enum: [0, 1] },
    settingCount: { title: 'Count', type: 'integer', minimum: 0, maximum: 86400 },
    settingText: {
      title: 'Text',
      type: 'string',
      maxLength: 1000,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      patternErrorMessage: 'text without control characters',
    },
  },
} as const;

export type SourcePath = string;
/**
 * Host and port to listen on. Port 0: any that is free.
 */
export type ListenAddress = string;
export type WebhookUrl = string;

/**
 * goatherd.yaml: what concerns the host that goatherd and Bucardo run on. It stays out of git, so that a commit cannot raise its own limits. Every key has a default.
 */
export interface HostFile {
  /**
   * The PostgreSQL server of the control databases and the ledger. Its role must be able to create databases and functions in plperlu.
   */
  hub?: {
    /**
     * Name, address or socket directory of the server.
     */
    host?: string;
    /**
     * The server's port.
     */
    port?: number;
    /**
     * The role to connect as.
     */
    user?: string;
    /**
     * The database to connect to when others are created or listed.
     */
    dbname?: string;
    /**
     * Where the password is taken from at the moment of connecting: `{env: NAME}`, an environment variable, or `{file: PATH}`, a file that holds nothing else. Never the password itself. Without it libpq's own rules hold (passfile).
     */
    password?: {
      /**
       * The environment variable that holds the password.
       */
      env?: string;
      /**
       * The file that holds the password and nothing else but a newline.
       */
      file?: string;
    };
    /**
     * Whether and how strictly TLS is used (libpq's `sslmode`).
     */
    sslmode?: 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
    /**
     * The file of the certificate authorities that the server's certificate is checked against (libpq's `sslrootcert`).
     */
    sslrootcert?: string;
    /**
     * The file of the client's certificate (libpq's `sslcert`).
     */
    sslcert?: string;
    /**
     * The file of the client certificate's key (libpq's `sslkey`).
     */
    sslkey?: string;
  };
  /**
   * The ledger's database on the hub: what goatherd owns, copy receipts, approvals, runs and the lock.
   */
  ledger?: string;
  /**
   * Where each instance writes its `log.bucardo.<instance>`.
   */
  log_dir?: string;
  /**
   * The directory under which each instance has its own pid directory; made at each start.
   */
  pid_dir?: string;
  /**
   * The command, found on PATH, or its absolute path.
   */
  bucardo?: string;
  /**
   * Where the controller takes its topologies from when it is started without a PATH: a directory or file, or a git repository that it fetches by itself.
   */
  source?: SourcePath | GitSource;
  controller?: ControllerSettings;
  /**
   * Where the controller's page, metrics and health are served.
   */
  listen?: ListenAddress | ListenSettings;
  /**
   * Who is told of what is not as it should be, and stays so.
   *
   * @maxItems 20
   */
  notify?: Receiver[];
  /**
   * How much approvals in git, and `goatherd approve` without `--over-cap`, may cause in one plan. What is over a cap stays blocked until a person passes it with `--approve ID` or `goatherd approve ID --over-cap`.
   */
  caps?: {
    /**
     * The most links that one plan may remove.
     */
    links_removed?: number;
    /**
     * The most tables with rows that one plan may empty.
     */
    tables_emptied?: number;
  };
}
/**
 * A git repository, read through the git command of this host, with its own credentials and settings.
 */
export interface GitSource {
  /**
   * What `git fetch` takes: an https or ssh URL, or a path. No password in it: that is the work of git's credential helpers and ssh keys.
   */
  git: string;
  /**
   * The branch, tag or commit that is followed.
   */
  ref?: string;
  /**
   * The directory of the topologies in the repository.
   */
  path?: string;
  /**
   * How often the repository is fetched.
   */
  interval?: string;
  /**
   * A commit counts only when `git verify-commit` says that its signature is good and trusted; until then the last good one stays in force.
   */
  require_signed?: boolean;
}
/**
 * How the unattended loop goes about its work.
 */
export interface ControllerSettings {
  /**
   * How often daemons, control databases, backlogs and the reachability of every database are looked at.
   */
  look_every?: string;
  /**
   * How often the catalogs of every database are read as well: tables, triggers, helper tables.
   */
  deep_look_every?: string;
  /**
   * How many topologies are looked at or acted on side by side. One that only waits, for a copy or for a lock, does not count.
   */
  at_once?: number;
  /**
   * A daemon under which the oldest undelivered change is older than this, while no run of its link began or ended, is started again.
   */
  stuck_after?: string;
}
/**
 * An address with what it takes to be reached from elsewhere.
 */
export interface ListenSettings {
  /**
   * Host and port to listen on. Another than a loopback address needs a `token`.
   */
  address?: string;
  /**
   * Where the token is taken from at the start: `{env: NAME}` or `{file: PATH}`. Whoever reads shows it, as `Authorization: Bearer TOKEN` or as the password of any user; only `/livez` and `/readyz` need none. At least 16 characters.
   */
  token?: {
    /**
     * The environment variable that holds the token.
     */
    env?: string;
    /**
     * The file that holds the token and nothing else but a newline.
     */
    file?: string;
  };
  /**
   * Further names that the server is known as, such as that of a proxy in front of it. Requests under other names are refused; addresses of digits and `localhost` are always known.
   *
   * @maxItems 50
   */
  hosts?: string[];
}
/**
 * A webhook or a command, and what it wants to hear.
 */
export interface Receiver {
  /**
   * The URL that a JSON document (`schemas/notification.schema.json`) is posted to, or where it is taken from: `{env: NAME}` or `{file: PATH}`, for the address of a chat is a secret itself.
   */
  webhook?: WebhookUrl | WebhookSecret;
  /**
   * Headers for the webhook, each with where its value is taken from: `{Authorization: {file: PATH}}`.
   */
  headers?: {
    [k: string]: HeaderSecret;
  };
  /**
   * A program and its arguments, run without a shell and without the controller's environment; it reads the JSON document on standard input.
   *
   * @minItems 1
   * @maxItems 50
   */
  command?: string[];
  /**
   * The least that is worth saying. `error`: something does not replicate, or nothing can act; `warning`: it wants a person or a look.
   */
  severity?: 'warning' | 'error';
  /**
   * For so long something stays as it is before it is said: what mends itself is no news.
   */
  hold?: string;
  /**
   * What stays is said again after so long.
   */
  repeat?: string;
}
/**
 * Where the URL is taken from.
 */
export interface WebhookSecret {
  /**
   * The environment variable that holds the URL.
   */
  env?: string;
  /**
   * The file that holds the URL and nothing else but a newline.
   */
  file?: string;
}
/**
 * Where the header's value is taken from at the moment of sending.
 */
export interface HeaderSecret {
  /**
   * The environment variable that holds the header's value.
   */
  env?: string;
  /**
   * The file that holds the header's value and nothing else but a newline.
   */
  file?: string;
}

export const hostSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Host settings',
  description:
    'goatherd.yaml: what concerns the host that goatherd and Bucardo run on. It stays out of git, so that a commit cannot raise its own limits. Every key has a default.',
  type: 'object',
  additionalProperties: false,
  properties: {
    hub: {
      title: 'Hub',
      description:
        'The PostgreSQL server of the control databases and the ledger. Its role must be able to create databases and functions in plperlu.',
      type: 'object',
      additionalProperties: false,
      properties: {
        host: {
          title: 'Host',
          description: 'Name, address or socket directory of the server.',
          type: 'string',
          pattern: '^(?!.*://)(?![^:/]+:[0-9]+$)[^\\s\\u0000-\\u001f\\u007f,;\'"\\\\]+$',
          patternErrorMessage: 'one host name, address or socket directory, without spaces, commas, quotes, backslashes and semicolons',
          default: 'localhost',
        },
        port: {
          title: 'Port',
          description: "The server's port.",
          type: 'integer',
          minimum: 1,
          maximum: 65535,
          default: 5432,
        },
        user: {
          title: 'User',
          description: 'The role to connect as.',
          type: 'string',
          minLength: 1,
          maxLength: 63,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: "a role's name, without control characters",
          default: 'goatherd',
        },
        dbname: {
          title: 'Maintenance database',
          description: 'The database to connect to when others are created or listed.',
          type: 'string',
          maxLength: 63,
          pattern: '^[^\\s\\u0000-\\u001f\\u007f;\'"\\\\=]+$',
          patternErrorMessage: "one database's name, without spaces, quotes, backslashes, semicolons and equals signs",
          default: 'postgres',
        },
        password: {
          title: 'Password reference',
          description:
            "Where the password is taken from at the moment of connecting: `{env: NAME}`, an environment variable, or `{file: PATH}`, a file that holds nothing else. Never the password itself. Without it libpq's own rules hold (passfile).",
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          maxProperties: 1,
          properties: {
            env: {
              title: 'Environment variable',
              description: 'The environment variable that holds the password.',
              type: 'string',
              pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
              patternErrorMessage: 'the name of an environment variable: letters, digits and underscores, without `$`',
            },
            file: {
              title: 'Password file',
              description: 'The file that holds the password and nothing else but a newline.',
              type: 'string',
              minLength: 1,
              pattern: '^[^\\u0000-\\u001f\\u007f]*$',
              patternErrorMessage: 'a path, without control characters',
            },
          },
        },
        sslmode: {
          title: 'TLS',
          description: "Whether and how strictly TLS is used (libpq's `sslmode`).",
          enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
        },
        sslrootcert: {
          title: 'Root certificates',
          description: "The file of the certificate authorities that the server's certificate is checked against (libpq's `sslrootcert`).",
          $ref: '#/$defs/libpqPath',
        },
        sslcert: {
          title: 'Client certificate',
          description: "The file of the client's certificate (libpq's `sslcert`).",
          $ref: '#/$defs/libpqPath',
        },
        sslkey: {
          title: 'Client key',
          description: "The file of the client certificate's key (libpq's `sslkey`).",
          $ref: '#/$defs/libpqPath',
        },
      },
    },
    ledger: {
      title: 'Ledger',
      description: "The ledger's database on the hub: what goatherd owns, copy receipts, approvals, runs and the lock.",
      type: 'string',
      maxLength: 63,
      pattern: '^[a-z_][a-z0-9_]*$',
      patternErrorMessage: "a database's name in lower-case letters, digits and underscores",
      default: 'goatherd',
    },
    log_dir: {
      title: 'Log directory',
      description: 'Where each instance writes its `log.bucardo.<instance>`.',
      $ref: '#/$defs/directory',
      default: '/var/log/bucardo',
    },
    pid_dir: {
      title: 'Pid directory',
      description: 'The directory under which each instance has its own pid directory; made at each start.',
      $ref: '#/$defs/directory',
      default: '/var/run/bucardo',
    },
    bucardo: {
      title: 'Bucardo command',
      description: 'The command, found on PATH, or its absolute path.',
      type: 'string',
      pattern: '^(?:/[^\\u0000-\\u001f\\u007f]+|[^/\\u0000-\\u001f\\u007f-][^/\\u0000-\\u001f\\u007f]*)$',
      patternErrorMessage: "a command's name or its absolute path",
      default: 'bucardo',
    },
    source: {
      title: 'Source',
      description:
        'Where the controller takes its topologies from when it is started without a PATH: a directory or file, or a git repository that it fetches by itself.',
      anyOf: [
        {
          $ref: '#/$defs/sourcePath',
        },
        {
          $ref: '#/$defs/gitSource',
        },
      ],
    },
    controller: {
      title: 'Controller',
      description: 'How the unattended loop goes about its work.',
      $ref: '#/$defs/controllerSettings',
    },
    listen: {
      title: 'Listen',
      description: "Where the controller's page, metrics and health are served.",
      anyOf: [
        {
          $ref: '#/$defs/listenAddress',
        },
        {
          $ref: '#/$defs/listenSettings',
        },
      ],
    },
    notify: {
      title: 'Notify',
      description: 'Who is told of what is not as it should be, and stays so.',
      type: 'array',
      maxItems: 20,
      items: {
        $ref: '#/$defs/receiver',
      },
      default: [],
    },
    caps: {
      title: 'Caps',
      description:
        'How much approvals in git, and `goatherd approve` without `--over-cap`, may cause in one plan. What is over a cap stays blocked until a person passes it with `--approve ID` or `goatherd approve ID --over-cap`.',
      type: 'object',
      additionalProperties: false,
      properties: {
        links_removed: {
          title: 'Links removed',
          description: 'The most links that one plan may remove.',
          type: 'integer',
          minimum: 0,
          maximum: 1000000,
          default: 1,
        },
        tables_emptied: {
          title: 'Tables emptied',
          description: 'The most tables with rows that one plan may empty.',
          type: 'integer',
          minimum: 0,
          maximum: 1000000,
          default: 100,
        },
      },
    },
  },
  $defs: {
    listenAddress: {
      title: 'Address',
      description: 'Host and port to listen on. Port 0: any that is free.',
      type: 'string',
      pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$',
      patternErrorMessage: 'a host and a port, such as 127.0.0.1:9187 or [::1]:9187',
      default: '127.0.0.1:9187',
    },
    listenSettings: {
      title: 'Listen settings',
      description: 'An address with what it takes to be reached from elsewhere.',
      type: 'object',
      additionalProperties: false,
      properties: {
        address: {
          title: 'Address',
          description: 'Host and port to listen on. Another than a loopback address needs a `token`.',
          type: 'string',
          pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$',
          patternErrorMessage: 'a host and a port, such as 127.0.0.1:9187 or [::1]:9187',
          default: '127.0.0.1:9187',
        },
        token: {
          title: 'Token',
          description:
            'Where the token is taken from at the start: `{env: NAME}` or `{file: PATH}`. Whoever reads shows it, as `Authorization: Bearer TOKEN` or as the password of any user; only `/livez` and `/readyz` need none. At least 16 characters.',
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          maxProperties: 1,
          properties: {
            env: {
              title: 'Environment variable',
              description: 'The environment variable that holds the token.',
              type: 'string',
              pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
              patternErrorMessage: 'the name of an environment variable: letters, digits and underscores, without `$`',
            },
            file: {
              title: 'File',
              description: 'The file that holds the token and nothing else but a newline.',
              type: 'string',
              minLength: 1,
              pattern: '^[^\\u0000-\\u001f\\u007f]*$',
              patternErrorMessage: 'a path, without control characters',
            },
          },
        },
        hosts: {
          title: 'Host names',
          description:
            'Further names that the server is known as, such as that of a proxy in front of it. Requests under other names are refused; addresses of digits and `localhost` are always known.',
          type: 'array',
          maxItems: 50,
          items: {
            title: 'Host name',
            type: 'string',
            pattern: '^[A-Za-z0-9_.-]+$',
            patternErrorMessage: 'a host name, without port',
          },
          default: [],
        },
      },
    },
    receiver: {
      title: 'Receiver',
      description: 'A webhook or a command, and what it wants to hear.',
      type: 'object',
      additionalProperties: false,
      properties: {
        webhook: {
          title: 'Webhook',
          description:
            'The URL that a JSON document (`schemas/notification.schema.json`) is posted to, or where it is taken from: `{env: NAME}` or `{file: PATH}`, for the address of a chat is a secret itself.',
          anyOf: [
            {
              $ref: '#/$defs/webhookUrl',
            },
            {
              $ref: '#/$defs/webhookSecret',
            },
          ],
        },
        headers: {
          title: 'Headers',
          description: 'Headers for the webhook, each with where its value is taken from: `{Authorization: {file: PATH}}`.',
          type: 'object',
          maxProperties: 20,
          propertyNames: {
            pattern: '^[A-Za-z0-9-]+$',
          },
          additionalProperties: {
            $ref: '#/$defs/headerSecret',
          },
        },
        command: {
          title: 'Command',
          description:
            "A program and its arguments, run without a shell and without the controller's environment; it reads the JSON document on standard input.",
          type: 'array',
          minItems: 1,
          maxItems: 50,
          items: {
            title: 'Word',
            type: 'string',
            pattern: '^[^\\u0000]*$',
            patternErrorMessage: 'a text without null characters',
          },
        },
        severity: {
          title: 'Severity',
          description:
            'The least that is worth saying. `error`: something does not replicate, or nothing can act; `warning`: it wants a person or a look.',
          enum: ['warning', 'error'],
          default: 'warning',
        },
        hold: {
          title: 'Hold',
          description: 'For so long something stays as it is before it is said: what mends itself is no news.',
          $ref: '#/$defs/period',
          default: '5m',
        },
        repeat: {
          title: 'Repeat',
          description: 'What stays is said again after so long.',
          $ref: '#/$defs/period',
          default: '4h',
        },
      },
    },
    webhookUrl: {
      title: 'URL',
      type: 'string',
      pattern: '^https?://[^\\s\\u0000-\\u001f\\u007f@]+$',
      patternErrorMessage: 'an http or https URL without a user; what is secret of it comes from {env: NAME} or {file: PATH}',
    },
    webhookSecret: {
      title: 'URL reference',
      description: 'Where the URL is taken from.',
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        env: {
          title: 'Environment variable',
          description: 'The environment variable that holds the URL.',
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage: 'the name of an environment variable: letters, digits and underscores, without `$`',
        },
        file: {
          title: 'File',
          description: 'The file that holds the URL and nothing else but a newline.',
          type: 'string',
          minLength: 1,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: 'a path, without control characters',
        },
      },
    },
    headerSecret: {
      title: 'Header reference',
      description: "Where the header's value is taken from at the moment of sending.",
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        env: {
          title: 'Environment variable',
          description: "The environment variable that holds the header's value.",
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          patternErrorMessage: 'the name of an environment variable: letters, digits and underscores, without `$`',
        },
        file: {
          title: 'File',
          description: "The file that holds the header's value and nothing else but a newline.",
          type: 'string',
          minLength: 1,
          pattern: '^[^\\u0000-\\u001f\\u007f]*$',
          patternErrorMessage: 'a path, without control characters',
        },
      },
    },
    sourcePath: {
      title: 'Path',
      type: 'string',
      minLength: 1,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      patternErrorMessage: 'a path, without control characters',
    },
    gitSource: {
      title: 'Git repository',
      description: 'A git repository, read through the git command of this host, with its own credentials and settings.',
      type: 'object',
      additionalProperties: false,
      required: ['git'],
      properties: {
        git: {
          title: 'Repository',
          description:
            "What `git fetch` takes: an https or ssh URL, or a path. No password in it: that is the work of git's credential helpers and ssh keys.",
          type: 'string',
          pattern: '^(?!-)(?!.*://[^/@]*:[^/@]*@)[^\\s\\u0000-\\u001f\\u007f]+$',
          patternErrorMessage: 'a URL without a password, or a path; without spaces',
        },
        ref: {
          title: 'Ref',
          description: 'The branch, tag or commit that is followed.',
          type: 'string',
          pattern: '^(?![-/.])(?!.*(?:\\.\\.|@\\{|//))[A-Za-z0-9._/+-]+(?<![/.])$',
          patternErrorMessage: 'a branch, tag or commit',
          default: 'main',
        },
        path: {
          title: 'Directory',
          description: 'The directory of the topologies in the repository.',
          type: 'string',
          pattern: '^(?!/)(?!.*(?:^|/)\\.\\.(?:/|$))[^\\u0000-\\u001f\\u007f]+$',
          patternErrorMessage: "a path below the repository's root",
          default: 'topologies',
        },
        interval: {
          title: 'Interval',
          description: 'How often the repository is fetched.',
          $ref: '#/$defs/period',
          default: '1m',
        },
        require_signed: {
          title: 'Signed commits only',
          description:
            'A commit counts only when `git verify-commit` says that its signature is good and trusted; until then the last good one stays in force.',
          type: 'boolean',
          default: false,
        },
      },
    },
    controllerSettings: {
      type: 'object',
      additionalProperties: false,
      properties: {
        look_every: {
          title: 'Cheap look',
          description: 'How often daemons, control databases, backlogs and the reachability of every database are looked at.',
          $ref: '#/$defs/period',
          default: '30s',
        },
        deep_look_every: {
          title: 'Deep look',
          description: 'How often the catalogs of every database are read as well: tables, triggers, helper tables.',
          $ref: '#/$defs/period',
          default: '10m',
        },
        at_once: {
          title: 'At once',
          description:
            'How many topologies are looked at or acted on side by side. One that only waits, for a copy or for a lock, does not count.',
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 4,
        },
        stuck_after: {
          title: 'Stuck after',
          description:
            'A daemon under which the oldest undelivered change is older than this, while no run of its link began or ended, is started again.',
          $ref: '#/$defs/period',
          default: '5m',
        },
      },
    },
    period: {
      title: 'Period',
      type: 'string',
      pattern: '^[1-9][0-9]{0,8} ?(ms|s|m|h|d)$',
      patternErrorMessage: 'an integer above 0 and a unit, such as 30s or 10m',
    },
    libpqPath: {
      title: 'Path',
      type: 'string',
      pattern: '^[^\\s\\u0000-\\u001f\\u007f;\'"\\\\]+$',
      patternErrorMessage: 'a path, without spaces, quotes, backslashes and semicolons',
    },
    directory: {
      title: 'Directory',
      type: 'string',
      pattern: '^/[^\\u0000-\\u001f\\u007f]*$',
      patternErrorMessage: 'an absolute path',
    },
  },
} as const;
