/** What must be true of a world when nothing more may be done in it. */
import { isOurMark } from '../../../../src/bucardo/names.ts';
import type { Link, Topology } from '../../../../src/topology/model.ts';
import { matchesSelection } from '../../../../src/topology/glob.ts';
import { insert } from './world-users.ts';
import { tick } from './world-daemon.ts';
import { tablesOf } from './world-step-copy.ts';
import { dataOf, ledgerSeen, placeOf, type World } from './world.ts';

export function upper(topology: Topology, link: Link): readonly Link[] {
  return topology.links.filter((one) => one.to === link.from);
}

/** Links that cannot run now, as the declaration and the world give it: an end that does not answer, a table without a key, or one of these above. */
export function heldLinks(world: World): ReadonlySet<string> {
  const { topology } = world;
  const held = new Set<string>();
  for (const link of topology.links) {
    const ends = [link.from, link.to].every((name) => world.databases[name]?.reachable === true);
    const keyless =
      world.databases[link.from]?.facts.tables.some((table) => table.key === null && matchesSelection(link.tables, table.address)) ?? false;
    const waits = upper(topology, link).some((one) => held.has(one.address) || (one.state !== 'running' && !copied(world, one)));
    // A link that the file no longer names and that is still there stands in the way of one that would enter the same database, or close a circle.
    const rival = topology.links.some(
      (one) => one.former === true && link.former !== true && (one.to === link.to || above(topology, one.from).has(link.to)),
    );
    // So does one that only its mark tells of, until a copy of this one is known.
    const unknown = forgottenBeside(world, link) && !copied(world, link);
    if (
      rival ||
      unknown ||
      isNamedTwice(world, link.from) ||
      isNamedTwice(world, link.to) ||
      world.ledger.suspensions[link.address] !== undefined ||
      !ends ||
      keyless ||
      (waits && !copied(world, link) && (link.state === 'running' || upper(topology, link).some((one) => held.has(one.address))))
    )
      held.add(link.address);
  }
  return held;
}

/** Whether a link that neither the file nor the ledger knows, and whose sync is active, enters the database that this one enters. */
function forgottenBeside(world: World, link: Link): boolean {
  const { links, marked = {} } = ledgerSeen(world);
  const known = new Set([...world.topology.links.map((one) => one.address), ...Object.keys(links)]);
  return Object.entries(marked).some(
    ([address, marks]) =>
      !known.has(address) &&
      address.endsWith(`-${link.to}`) &&
      marks.some(
        ({ instance, sync }) =>
          world.instances[instance]?.control?.syncs.some((one) => one.name === sync && one.status === 'active') === true,
      ),
  );
}

/** Whether one place has two names in the topology, which preflight holds its links for. */
function isNamedTwice(world: World, name: string): boolean {
  const names = [...world.topology.databases.map((one) => one.name), ...world.topology.links.flatMap((link) => [link.from, link.to])];
  return names.some((one) => one !== name && placeOf(world, one) === placeOf(world, name));
}

/** All links whose changes come to this one. */
function aboveOf(topology: Topology, link: Link): readonly Link[] {
  const names = above(topology, link.from);
  return topology.links.filter((one) => names.has(one.to));
}

/** A database and all whose changes come to it. */
function above(topology: Topology, name: string): ReadonlySet<string> {
  const names = new Set([name]);
  for (const one of names) for (const link of topology.links) if (link.to === one) names.add(link.from);
  return names;
}

export function copied(world: World, link: Link): boolean {
  return (world.ledger.links[link.address]?.receipt ?? null) !== null;
}

/**
 * What differs from convergence; empty when all is well. Writes a row into every source and waits for it. `waiting`: links not looked at;
 * `cut`: links of which the plan names tables and says why nothing of them arrives; `joining`: `orders/a-b public.t1`, tables that join a link
 * when their copy is approved.
 */
export function unmet(
  world: World,
  waiting: ReadonlySet<string> = new Set(),
  cut: ReadonlySet<string> = new Set(),
  joining: ReadonlySet<string> = new Set(),
): string[] {
  const { topology } = world;
  const held = heldLinks(world);
  const running = topology.links.filter((link) => link.state === 'running' && !held.has(link.address) && !waiting.has(link.address));
  const found: string[] = [];
  for (const link of running) {
    if (!copied(world, link)) found.push(`${link.address} has no receipt`);
    const known = world.ledger.links[link.address];
    if (known?.recopy !== null && known?.recopy !== undefined)
      found.push(`${link.address} has not copied ${known.recopy.tables.join(', ')} again`);
    if (held.size === 0 && (known?.receipt?.generation ?? 1) < link.copyGeneration)
      found.push(`${link.address} has not copied generation ${link.copyGeneration}`);
    const daemon = world.instances[link.instance]?.daemon ?? null;
    if (daemon?.syncs.some((sync) => sync.name === link.sync) !== true) found.push(`${link.address} does not run`);
  }
  // What other hands run goes on as it is until it is adopted.
  const refused = (link: Link): boolean =>
    link.adopt !== undefined && world.ledger.links[link.address] === undefined && waiting.has(link.address);
  for (const link of topology.links.filter((one) => one.state === 'stopped' && !held.has(one.address) && !refused(one))) {
    const daemon = world.instances[link.instance]?.daemon ?? null;
    if (daemon?.syncs.some((sync) => sync.name === link.sync) === true) found.push(`${link.address} runs and is declared stopped`);
  }
  const settle = (): void => {
    for (let second = 0; second < 5 * (topology.links.length + 1); second += 1) tick(world);
  };
  settle();
  for (const link of running)
    for (const table of carriedTables(world, link)) insert(world, link.from, table, `late-${placeOf(world, link.from)}`);
  settle();
  for (const link of running)
    found.push(...lost(world, link, { cut, joining }, new Set([...held, ...topology.links.filter(refused).map((one) => one.address)])));
  if (new Set(world.copies).size < world.copies.length) found.push(`a table was copied twice: ${world.copies.join(', ')}`);
  for (const [name, comment] of Object.entries(world.hub.databases))
    if (name.startsWith('bucardo_') && !isOurMark(comment)) found.push(`${name} has no mark`);
  return [...found, ...world.violations];
}

export function carriedTables(world: World, link: Link): readonly string[] {
  return (
    world.databases[link.from]?.facts.tables
      .filter((table) => table.key !== null && matchesSelection(link.tables, table.address))
      .map((table) => table.address) ?? []
  );
}

/** Tables of which it is said that changes of theirs may be lost. */
function doubted(world: World, link: Link): readonly string[] {
  const row = world.ledger.links[link.address];
  const noted = world.databases[link.from]?.facts.bucardo?.suspects.filter((one) => one.sync === link.sync) ?? [];
  return [...(row?.suspects ?? []).flatMap((one) => one.tables), ...noted.map((one) => one.table)];
}

/** Tables of a link whose target does not hold what its source holds, where it should. `held`: links that nothing is done on. */
function lost(
  world: World,
  link: Link,
  { cut, joining }: Readonly<Record<'cut' | 'joining', ReadonlySet<string>>>,
  held: ReadonlySet<string>,
): string[] {
  const receipt = world.ledger.links[link.address]?.receipt ?? null;
  const cascades = world.topology.databases.find((one) => one.name === link.from)?.cascade === true;
  return carriedTables(world, link).flatMap((table) => {
    const below = dataOf(world, link.to, table).rows;
    // A table that would join below a link that is held waits for that one.
    const joined = tablesOf(world, link.address).includes(table);
    if (!joined && aboveOf(world.topology, link).some((one) => held.has(one.address))) return [];
    if (!joined && joining.has(`${link.address} ${table}`)) return [];
    const fed = upper(world.topology, link).some((one) => carriedTables(world, one).includes(table));
    if (cut.has(link.address)) return [];
    if (!below.has(`late-${placeOf(world, link.from)}`)) return [`${table}: a row written on ${link.from} did not reach ${link.to}`];
    if (fed && !cascades) world.starved.add(link.address);
    if (receipt === null || !receipt.copied.includes(table)) return [];
    if (world.starved.has(link.address) && !(fed && cascades)) return [];
    if (doubted(world, link).includes(table) || world.unseen.has(table)) return [];
    // What was written on the target itself says nothing.
    const listed = (rows: ReadonlySet<string>): string =>
      [...rows]
        .filter((row) => row !== `late-${placeOf(world, link.to)}`)
        .toSorted()
        .join(' ');
    const [here, there] = [listed(dataOf(world, link.from, table).rows), listed(below)];
    return here === there ? [] : [`${table} is [${here}] on ${link.from} and [${there}] on ${link.to}`];
  });
}

/** Whether a table on a database holds what was copied there, all the way from where it is written. */
function whole(world: World, database: string, table: string): boolean {
  return world.topology.links
    .filter((link) => link.to === database)
    .every((link) => world.ledger.links[link.address]?.receipt?.copied.includes(table) === true && whole(world, link.from, table));
}

/** What of a world stays the same however it was reached: times, ids, pids and the measures of a run left out. */
export function shapeOf(world: World): unknown {
  return {
    ledger: Object.values(world.ledger.links).map(({ address, receipt, appliedDefinition }) => ({
      address,
      applied: appliedDefinition !== null,
      receipt:
        receipt === null ? null : { mode: receipt.mode, generation: receipt.generation, copied: receipt.copied, skipped: receipt.skipped },
    })),
    databases: Object.entries(world.databases).map(([name, { facts, data }]) => ({
      name,
      bucardo: facts.bucardo,
      tables: facts.tables.map((table) => ({
        address: table.address,
        bucardo: table.bucardo,
        // Of a table that was never copied the target has what was written meanwhile.
        rows: whole(world, name, table.address) ? [...(data.get(table.address)?.rows ?? [])].toSorted() : null,
      })),
    })),
    instances: Object.entries(world.instances)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, { control, daemon }]) => ({
        name,
        runs:
          daemon?.syncs
            .map((sync) => ({ name: sync.name, tables: sync.tables.toSorted(), makedelta: sync.makedelta.toSorted() }))
            .toSorted((one, other) => (one.name < other.name ? -1 : 1)) ?? null,
        settings: control?.settings,
        dbs: control?.dbs,
        goats: control?.goats.map(({ db, address, type, pkey, makedelta }) => [db, address, type, pkey, makedelta].join(' ')).toSorted(),
        syncs: control?.syncs.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
        dbmap: control?.dbmap.map((one) => `${one.group} ${one.db} ${one.role}`).toSorted(),
        herds: Object.entries(control?.herds ?? {})
          .map(
            ([herd, ids]) =>
              `${herd}: ${ids
                .map((id) => control?.goats.find((goat) => goat.id === id)?.address ?? '?')
                .toSorted()
                .join(' ')}`,
          )
          .toSorted(),
      })),
  };
}
