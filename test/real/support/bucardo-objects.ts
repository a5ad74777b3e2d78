import type { Lab } from '../../../src/lab/lab.ts';
import { query } from './query.ts';

/** Everything that Bucardo's validation may make on a source, one line each, by what it is. Texts only: no oids, no times. */
const OBJECTS = `
SELECT 'trigger' AS kind, format('%s %s %s %s', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid)) AS line
  FROM pg_trigger WHERE NOT tgisinternal AND (tgname LIKE 'bucardo%' OR tgname LIKE 'goatherd%')
UNION ALL
SELECT 'function', concat_ws(' ', oid::regprocedure, prosecdef, provolatile, proisstrict, proconfig, proacl, proowner::regrole, md5(pg_get_functiondef(oid)))
  FROM pg_proc WHERE pronamespace = 'bucardo'::regnamespace
UNION ALL
SELECT 'relation', concat_ws(' ', relname, relkind, relpersistence, relowner::regrole, relacl, reloptions, relreplident)
  FROM pg_class WHERE relnamespace = 'bucardo'::regnamespace AND relkind NOT IN ('t', 'i')
UNION ALL
SELECT 'column', concat_ws(' ', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation::regcollation)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'bucardo'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
UNION ALL
SELECT 'default', concat_ws(' ', c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum WHERE c.relnamespace = 'bucardo'::regnamespace
UNION ALL
SELECT 'index', pg_get_indexdef(c.oid) FROM pg_class c WHERE c.relnamespace = 'bucardo'::regnamespace AND c.relkind = 'i'
UNION ALL
SELECT 'schema', concat_ws(' ', nspname, nspowner::regrole, nspacl) FROM pg_namespace WHERE nspname = 'bucardo'
UNION ALL
SELECT 'comment', d.description FROM pg_description d WHERE d.objoid = 'bucardo'::regnamespace
UNION ALL
SELECT 'delta name', concat_ws(' ', sync, tablename, deltaname, trackname) FROM bucardo.bucardo_delta_names
UNION ALL
SELECT 'delta target', concat_ws(' ', tablename::regclass, target) FROM bucardo.bucardo_delta_targets
ORDER BY 1, 2`;

/** One line for each object: `trigger public.t bucardo_delta …`. */
export async function bucardoObjects(cluster: Lab['hub'], dbname: string): Promise<readonly string[]> {
  return (await query(cluster, dbname, OBJECTS)).map((row) => `${String(row['kind'])} ${String(row['line'])}`);
}

/** The same objects with what changes whenever anybody touches them, be it to put the same in its place; names apart, which it writes anew each time. */
export async function bucardoVersions(cluster: Lab['hub'], dbname: string): Promise<readonly unknown[]> {
  return query(
    cluster,
    dbname,
    `SELECT 'relation' AS kind, oid::text, relname::text AS name, concat_ws(' ', relfilenode, xmin, relhastriggers) AS version FROM pg_class
       WHERE relnamespace = 'bucardo'::regnamespace OR relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace)
     UNION ALL SELECT 'function', oid::text, proname, xmin::text FROM pg_proc WHERE pronamespace = 'bucardo'::regnamespace
     UNION ALL SELECT 'trigger', oid::text, tgname, concat_ws(' ', tgenabled, xmin) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'delta name', '', tablename, concat_ws(' ', sync, deltaname, trackname) FROM bucardo.bucardo_delta_names
     UNION ALL SELECT 'delta target', ctid::text, tablename::text, concat_ws(' ', target, xmin) FROM bucardo.bucardo_delta_targets
     ORDER BY 1, 2, 3`,
  );
}
