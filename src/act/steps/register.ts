import { AS_REPLICA, MARK_CHANGED, SHAPE_TABLE } from '../../bucardo/control-facts.ts';
import { quoteIdent, quoteIdentAsServer } from '../../bucardo/names.ts';
import { dbconnOf } from '../../postgres/connection.ts';
import type { GoatWork, Work } from '../../plan/work-model.ts';
import { type ActContext, done, linkAt, type Outcome } from '../context.ts';
import { markControl } from './rename.ts';
import { plural } from '../../lib/format.ts';

type Register = Extract<Work, { kind: 'register' }>;

/** A server that logs statements logs their parameters too, and a password is one of them (rule 19). */
const UNLOGGED = ['SET LOCAL log_parameter_max_length = 0', 'SET LOCAL log_parameter_max_length_on_error = 0'];

/**
 * All rows of a link in one transaction, in replica role: none of Bucardo's triggers connects, validates or looks up a key, and nothing
 * reaches a user database (rule 23). The sync begins inactive with an empty relgroup.
 */
export async function register(context: ActContext, work: Register): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const hasReceipt = (context.known.links[work.link]?.receipt ?? null) !== null;
  const dbs = (['from', 'to'] as const).map((end) => {
    const name = link[end];
    const { host, port, dbname, user, password, ...rest } = context.access.resolved(name);
    return [
      link.aliases[end],
      host,
      String(port),
      dbname,
      user,
      password?.reveal() ?? null,
      dbconnOf({ host, port, dbname, user, password, ...rest }),
    ];
  });
  await context.access.control(work.instance).transaction([AS_REPLICA, ...UNLOGGED], async (client) => {
    for (const db of dbs) {
      await client.query(
        `INSERT INTO bucardo.db(name, dbhost, dbport, dbname, dbuser, dbpass, dbconn, dbservice, status) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 'active')
         ON CONFLICT (name) DO UPDATE SET dbhost = excluded.dbhost, dbport = excluded.dbport, dbname = excluded.dbname, dbuser = excluded.dbuser, dbpass = excluded.dbpass,
           dbconn = excluded.dbconn, dbservice = '', status = 'active'`,
        db,
      );
    }
    await client.query('INSERT INTO bucardo.dbgroup(name) VALUES ($1) ON CONFLICT DO NOTHING', [link.dbgroup]);
    await client.query('DELETE FROM bucardo.dbmap WHERE dbgroup = $1', [link.dbgroup]);
    await client.query("INSERT INTO bucardo.dbmap(db, dbgroup, role) VALUES ($1, $3, 'source'), ($2, $3, 'target')", [
      link.aliases.from,
      link.aliases.to,
      link.dbgroup,
    ]);
    await client.query('INSERT INTO bucardo.herd(name) VALUES ($1) ON CONFLICT DO NOTHING', [link.relgroup]);
    await client.query(
      `WITH wanted AS (SELECT * FROM jsonb_to_recordset($2) AS w(schema text, name text, reltype text, pkey text, qpkey text, pkeytype text)),
       changed AS (UPDATE bucardo.goat g SET pkey = w.pkey, qpkey = w.qpkey, pkeytype = w.pkeytype FROM wanted w WHERE g.db = $1 AND g.schemaname = w.schema AND g.tablename = w.name RETURNING w.schema, w.name)
       INSERT INTO bucardo.goat(db, schemaname, tablename, reltype, pkey, qpkey, pkeytype)
       SELECT $1, schema, name, reltype, pkey, qpkey, pkeytype FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM changed c WHERE c.schema = w.schema AND c.name = w.name) ORDER BY reltype DESC, schema, name`,
      [
        link.aliases.from,
        JSON.stringify([...work.tables.map((one) => goatRow(one, 'table')), ...work.sequences.map((one) => goatRow(one, 'sequence'))]),
      ],
    );
    const addresses = work.tables.map((one) => `${one.schema}.${one.name}`);
    await client.query(
      "DELETE FROM bucardo.customcols USING bucardo.goat g WHERE g.id = customcols.goat AND g.db = $1 AND g.schemaname || '.' || g.tablename = ANY ($2)",
      [link.aliases.from, addresses],
    );
    await client.query(SHAPE_TABLE);
    await client.query(
      `INSERT INTO goatherd.shape(goat, columns) SELECT g.id, w.columns FROM unnest($2::text[], $3::text[]) AS w(address, columns)
       JOIN bucardo.goat g ON g.db = $1 AND g.schemaname || '.' || g.tablename = w.address ON CONFLICT (goat) DO UPDATE SET columns = excluded.columns`,
      [
        link.aliases.from,
        [...work.tables, ...work.sequences].map((one) => `${one.schema}.${one.name}`),
        [...work.tables, ...work.sequences].map((one) => one.shape),
      ],
    );
    for (const one of work.tables) {
      if (one.columns === null) continue;
      await client.query(
        'INSERT INTO bucardo.customcols(goat, clause) SELECT id, $4 FROM bucardo.goat WHERE db = $1 AND schemaname = $2 AND tablename = $3',
        [link.aliases.from, one.schema, one.name, `SELECT ${one.columns.map(quoteIdent).join(', ')}`],
      );
    }
    await client.query(
      `INSERT INTO bucardo.sync(name, herd, dbs, status, autokick, checktime, onetimecopy) VALUES ($1, $4, $5, 'inactive', $2, make_interval(secs => $3), 0)
       ON CONFLICT (name) DO UPDATE SET herd = excluded.herd, dbs = excluded.dbs, autokick = excluded.autokick, checktime = excluded.checktime,
         onetimecopy = CASE WHEN $6 THEN 0 ELSE sync.onetimecopy END`,
      [link.sync, !link.disableKicking, link.kickIntervalSeconds, link.relgroup, link.dbgroup, hasReceipt],
    );
    await client.query(MARK_CHANGED);
  });
  // A link that joins an instance is named on it.
  if (context.observation.instances[work.instance]?.control?.syncs.every((sync) => sync.name !== link.sync))
    await markControl(context, work.instance);
  return done(`${plural(work.tables.length, 'table')}, ${plural(work.sequences.length, 'sequence')}`);
}

/** qpkey is quoted as quote_ident would (S:1033); Bucardo puts it into SQL as it stands. */
function goatRow(one: GoatWork, reltype: 'table' | 'sequence'): Record<string, string | null> {
  const quoted = one.pkey.map(quoteIdentAsServer);
  return {
    schema: one.schema,
    name: one.name,
    reltype,
    pkey: reltype === 'table' ? one.pkey.join('|') : null,
    qpkey: reltype === 'table' ? quoted.join('|') : null,
    pkeytype: reltype === 'table' ? one.types.join('|') : null,
  };
}
