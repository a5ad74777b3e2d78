/** Steps that change a control database or the ledger (src/act: ledger-step, control-database, register, membership). */
import { truncateName, DELTA_TRIGGER } from '../../../../src/bucardo/names.ts';
import type { FormerDefinition, LedgerLink } from '../../../../src/ledger/model.ts';
import { definitionOf } from '../../../../src/plan/view/definition.ts';
import { protectionChanges } from '../../../../src/plan/view/leaving/leaving.ts';
import { identitiesOf } from '../../../../src/plan/view/remembered/identities.ts';
import { namesFound } from '../../../../src/plan/view/remembered/kept-names.ts';
import { withLostLinks } from '../../../../src/plan/view/remembered/lost-ledger.ts';
import { unknownFormers, withRenames } from '../../../../src/plan/view/remembered/renames.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import { linkNames } from '../../../../src/topology/names.ts';
import { wantedSettings } from '../../../../src/plan/view/settings.ts';
import type { Link, Topology } from '../../../../src/topology/model.ts';
import { markControl } from './world-marks.ts';
import { controlOf, dataOf, instanceOf, type Mutable, serial, statement, tableOf, violate, type World } from './world.ts';
import { type Known, linkAt, type Outcome } from './world-steps.ts';

/** Some of what a fresh bucardo_config holds. */
const BUCARDO_DEFAULTS = { log_level: 'normal', isolation_level: 'repeatable read', ctl_checkonkids_time: '10' };

type Of<K extends Work['kind']> = Extract<Work, { kind: K }>;

export function ledgerStep(world: World, known: Known): Outcome {
  statement(world);
  world.ledger.present = true;
  world.ledger.version = 1;
  const ledger = withRenames(world.topology, known.ledger);
  const lost = withLostLinks(world.topology, known.observation, ledger).links;
  for (const link of world.topology.links) {
    const before = ledger.links[link.address];
    if (before !== undefined) {
      const row = world.ledger.links[link.address];
      if (!protectionChanges(link, before) || row?.definition === undefined || row.definition === null) continue;
      statement(world);
      row.definition.protect = link.protect;
      continue;
    }
    if (unknownFormers(world.topology, ledger, link).length > 0) continue;
    if (link.adopt !== undefined && link.former !== true) continue;
    statement(world);
    const names = namesFound(link, ledger);
    const row = { ...linkRow(world, known, link), names, receipt: lost[link.address]?.receipt ?? null };
    world.ledger.links[link.address] ??= structuredClone(row) as Mutable<LedgerLink>;
    if (lost[link.address] === undefined) continue;
    statement(world);
    markControl(world, link.instance);
  }
  return 'done';
}

/** A row of the ledger for a link that is not in it, without a receipt. */
export function linkRow(world: World, known: Known, link: Link): Mutable<LedgerLink> {
  return structuredClone({
    address: link.address,
    names: linkNames(link),
    leaves: [...(link.leaves ?? [])],
    identities: identitiesOf(known.observation, link),
    appliedDefinition: null,
    request: null,
    receipt: null,
    definition: definitionWritten(world.topology, link),
    suspects: [],
    accepted: [],
    copying: [],
    recopy: null,
    provedAt: null,
    since: new Date(world.now).toISOString(),
  });
}

/** One transaction: all rows or none. */
export function renameStep(world: World): Outcome {
  statement(world);
  const { links, suspensions, approvals, seen } = withRenames(world.topology, world.ledger);
  const renamed = Object.values(links).filter((row) => row.formerAddress !== undefined);
  for (const { address, formerAddress = '' } of renamed) if (world.starved.delete(formerAddress)) world.starved.add(address);
  const rows = Object.values(links).map(({ formerAddress: _former, ...row }) => [row.address, row] as const);
  Object.assign(
    world.ledger,
    structuredClone({ links: Object.fromEntries(rows), suspensions, approvals, ...(seen === undefined ? {} : { seen }) }),
  );
  for (const { names } of renamed) {
    statement(world);
    markControl(world, names.instance);
  }
  return 'done';
}

/** What the ledger keeps of a declaration, as it reads it back: through JSON. */
export function definitionWritten(topology: Topology, link: Link): Mutable<FormerDefinition> {
  // What comes back from a column of type jsonb.
  return JSON.parse(JSON.stringify(definitionOf(topology, link))) as Mutable<FormerDefinition>;
}

export function controlDatabaseStep(world: World, name: string, known: Known): Outcome {
  const instance = instanceOf(world, name);
  const settings = wantedSettings(world.config, world.topology, known.observation, name);
  statement(world);
  if (instance.control !== null) {
    instance.control.pruning = true;
    statement(world);
    return settingsStep(world, name, settings);
  }
  // It is built under another name: until the last statement nothing of it is seen.
  statement(world);
  instance.control = {
    mark: null,
    settings: { ...BUCARDO_DEFAULTS, ...settings },
    defaults: BUCARDO_DEFAULTS,
    dbs: [],
    goats: [],
    syncs: [],
    dbmap: [],
    herds: {},
    changedAt: world.now,
    pruning: true,
    customs: [],
    runs: {},
    customcols: {},
  };
  markControl(world, name);
  return 'done';
}

export function settingsStep(world: World, name: string, settings: Readonly<Record<string, string>>): Outcome {
  statement(world);
  const control = controlOf(world, name);
  Object.assign(control.settings, settings);
  control.changedAt = world.now;
  return 'done';
}

export function registerStep(world: World, work: Of<'register'>, known: Known): Outcome {
  const link = linkAt(world, work.link);
  statement(world);
  const control = controlOf(world, work.instance);
  for (const end of ['from', 'to'] as const) {
    const name = link.aliases[end];
    const wanted = world.connections[link[end]];
    if (wanted === undefined) throw new Error(`no connection of ${link[end]}`);
    control.dbs = [...control.dbs.filter((db) => db.name !== name), { name, ...wanted, status: 'active', makedelta: false }].toSorted(
      (one, other) => (one.name < other.name ? -1 : 1),
    );
  }
  control.dbmap = [
    ...control.dbmap.filter((one) => one.group !== link.dbgroup),
    { group: link.dbgroup, db: link.aliases.from, role: 'source' },
    { group: link.dbgroup, db: link.aliases.to, role: 'target' },
  ];
  for (const [type, goats] of [
    ['table', work.tables],
    ['sequence', work.sequences],
  ] as const) {
    for (const one of goats) {
      const address = `${one.schema}.${one.name}`;
      const pkey = one.pkey.join('|');
      const known = control.goats.find((goat) => goat.db === link.aliases.from && goat.address === address);
      if (known === undefined)
        control.goats.push({
          id: serial(world),
          db: link.aliases.from,
          address,
          type,
          pkey,
          makedelta: null,
          shape: one.shape,
        });
      else Object.assign(known, { pkey, shape: one.shape });
    }
  }
  const sync = control.syncs.find((one) => one.name === link.sync);
  const row = { herd: link.relgroup, dbs: link.dbgroup, autokick: !link.disableKicking, checktimeSeconds: link.kickIntervalSeconds };
  if (sync === undefined) control.syncs.push({ name: link.sync, status: 'inactive', onetimecopy: 0, ...row });
  else Object.assign(sync, row, (world.ledger.links[work.link]?.receipt ?? null) === null ? {} : { onetimecopy: 0 });
  control.changedAt = world.now;
  // A link that joins an instance is named on it.
  if (known.observation.instances[work.instance]?.control?.syncs.every((one) => one.name !== link.sync) === true) {
    statement(world);
    markControl(world, work.instance);
  }
  return 'done';
}

export function membershipStep(world: World, work: Of<'membership'>): Outcome {
  const link = linkAt(world, work.link);
  const control = controlOf(world, work.instance);
  const goats = control.goats.filter((goat) => goat.db === link.aliases.from && work.addresses.includes(goat.address));
  if (goats.length < work.addresses.length) violate(world, `${work.link}: a table without a row was to enter its relgroup`);
  for (const goat of goats.filter((one) => one.type === 'table')) {
    const facts = tableOf(world, link.from, goat.address)?.bucardo ?? null;
    const names = facts?.triggers.map((trigger) => trigger.name) ?? [];
    if (facts?.deltaColumns === null || !names.includes(DELTA_TRIGGER) || !names.includes(truncateName(link.sync)))
      violate(world, `rule 10: ${goat.address} entered ${link.sync} before its triggers stood`);
  }
  statement(world);
  control.herds[link.relgroup] = [...new Set([...(control.herds[link.relgroup] ?? []), ...goats.map((goat) => goat.id)])].toSorted(
    (a, b) => a - b,
  );
  control.changedAt = world.now;
  return 'done';
}

export function setAsideStep(world: World, work: Of<'set_aside'>): Outcome {
  const link = linkAt(world, work.link);
  const control = controlOf(world, work.instance);
  const gone = new Set(
    control.goats.filter((goat) => goat.db === link.aliases.from && work.addresses.includes(goat.address)).map((goat) => goat.id),
  );
  statement(world);
  control.herds[link.relgroup] = (control.herds[link.relgroup] ?? []).filter((id) => !gone.has(id));
  for (const goat of control.goats) if (gone.has(goat.id)) goat.shape = `aside ${goat.shape ?? ''}`;
  control.changedAt = world.now;
  return 'done';
}

export function resendStep(world: World, work: Of<'resend'>): Outcome {
  const link = linkAt(world, work.link);
  for (const address of work.tables) {
    statement(world);
    for (const row of dataOf(world, work.database, address).rows)
      dataOf(world, work.database, address).deltas.push({ row, at: world.now, tracked: [] });
  }
  statement(world);
  for (const goat of controlOf(world, work.instance).goats)
    if (goat.db === link.aliases.from && work.tables.includes(goat.address)) goat.shape = goat.shape?.replace(/^resend /, '') ?? null;
  return 'done';
}

export function makedeltaStep(world: World, work: Of<'makedelta'>): Outcome {
  const link = linkAt(world, work.link);
  const control = controlOf(world, work.instance);
  statement(world);
  for (const { address, makedelta } of work.goats) {
    const goat = control.goats.find((one) => one.db === link.aliases.from && one.address === address);
    // A table that leaves its relgroup in the same plan may have lost its row before: nothing is to be ended there.
    if (goat !== undefined) goat.makedelta = makedelta;
    else if (makedelta !== null) violate(world, `makedelta of ${address}, which has no row`);
  }
  control.changedAt = world.now;
  const { definition = null } = world.ledger.links[work.link] ?? {};
  if (work.ended === undefined || definition?.passedOn === undefined) return 'done';
  statement(world);
  definition.passedOn = definition.passedOn.filter((id) => work.ended?.includes(id) !== true);
  return 'done';
}
