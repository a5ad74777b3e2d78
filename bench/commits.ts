import type { Lab } from '../src/lab/lab.ts';
import { eventually } from '../test/real/support/eventually.ts';
import { withLab } from '../test/real/support/lab.ts';
import { halves, setApart } from './support/apart.ts';
import { makeDatabases, makeTables } from './support/databases.ts';
import { undelivered } from './support/delivery.ts';
import { reconcile, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { pgbench } from './support/pgbench.ts';
import { standStill } from './support/stand-still.ts';
import { median, rounded } from './support/statistics.ts';

const CLIENTS = 32;

/** The name of the topology and of its database, and what it declares. Triggers that record changes are on all of them. */
const WAYS = {
  polled: { title: 'disable_kicking, daemon polls', keys: { disable_kicking: true }, daemon: true },
  bare: { title: 'no kick triggers, no daemon', keys: { disable_kicking: true, state: 'stopped' }, daemon: false },
  kicked: { title: 'kick triggers, daemon is kicked', keys: { disable_kicking: false }, daemon: true },
} as const;
type Way = keyof typeof WAYS;
const ways = Object.keys(WAYS) as Way[];

/** Commits a second on a source, each an update of one row, with durable commits: what kick triggers and the polling daemon cost. */
export const commits: Benchmark = {
  name: 'commits',
  title: `durable commits a second of ${CLIENTS} clients on the source of a -> b`,
  run: async (scale, say) => {
    const seconds = scale.seconds ?? (scale.smoke ? 1 : 15);
    const rounds = scale.rounds ?? (scale.smoke ? 1 : 5);
    const rows = scale.smoke ? 1000 : 300_000;
    const rates: Record<Way, number[]> = { polled: [], bare: [], kicked: [] };
    await withLab({ clusters: ['a', 'b'], durable: true, settings: { shared_buffers: '128MB' } }, async (lab) => {
      for (const way of ways) {
        await makeDatabases(Object.values(lab.clusters), way);
        for (const cluster of Object.values(lab.clusters)) await makeTables(cluster, way, 1, rows);
      }
      for (let round = 1; round <= rounds; round += 1) {
        for (const way of ways) {
          const rate = await measure(lab, way, seconds, rows);
          rates[way].push(rate);
          say(`${WAYS[way].title}: ${rate.toFixed(0)} commits a second`);
        }
      }
    });
    const rate = (way: Way): number => rounded(median(rates[way]));
    const toBare = rounded(median(rates.polled) / median(rates.bare), 2);
    const toKicked = rounded(median(rates.polled) / median(rates.kicked), 1);
    return {
      columns: ['', 'commits a second', 'lowest', 'highest', 'disable_kicking is'],
      rows: ways.map((way) => [
        WAYS[way].title,
        rate(way),
        rounded(Math.min(...rates[way])),
        rounded(Math.max(...rates[way])),
        way === 'polled' ? '' : `${way === 'bare' ? toBare : toKicked} of it`,
      ]),
      budgets: [
        { what: 'of the rate with no kick triggers and no daemon', seen: toBare, limit: 0.95, unit: '', must: 'at least' },
        { what: 'times the rate with kick triggers', seen: toKicked, limit: 3, unit: '', must: 'at least' },
      ],
      figures: { polled: rate('polled'), bare: rate('bare'), kicked: rate('kicked'), to_bare: toBare, to_kicked: toKicked },
      notes: [
        `pgbench, ${seconds} s a run, medians of ${rounds} runs of each in turn; each updates one of ${rows} rows; fsync and full_page_writes on`,
        'the source and its clients have one half of the cores, the target, the hub and the daemon the other, as if on two machines',
      ],
    };
  },
};

/** The daemon of this way alone runs meanwhile, and before the next run what it had to do is done. */
async function measure(lab: Lab, way: Way, seconds: number, rows: number): Promise<number> {
  const { a } = lab.clusters;
  if (a === undefined) throw new Error('this takes cluster a');
  await reconcile(lab, await writeTopology(lab, way, way, { links: ['a -> b'], copy_data: 'never', ...WAYS[way].keys }));
  const script = `\\set id random(1, ${rows})\nUPDATE public.t1 SET v = v + 1 WHERE id = :id;\n`;
  const cores = halves();
  if (cores !== undefined) await setApart(lab, a.name, cores);
  const load = { clients: CLIENTS, seconds, script, ...(cores === undefined ? {} : { cores: cores.source }) };
  const { perSecond } = await pgbench(lab, a, way, load);
  if (WAYS[way].daemon) {
    await eventually(() => undelivered(a, way, 't1'), { until: (left) => left === 0, timeoutMs: 600_000, everyMs: 500 });
    await standStill(lab);
  }
  return perSecond;
}
