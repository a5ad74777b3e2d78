import { afterAll, beforeAll } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import type { StartOptions } from '../../../src/lab/start-lab.ts';
import { withLab } from './lab.ts';
import { query, type Row } from './query.ts';

/** One lab for all tests of a file or `describe`: started and prepared before the first, taken down after the last. Gives it when asked. */
export function useLab(options: Partial<StartOptions>, prepare: (lab: Lab) => Promise<void> = () => Promise.resolve()): () => Lab {
  const over = Promise.withResolvers<void>();
  let lab: Lab | undefined;
  let whole: Promise<void> | undefined;
  beforeAll(async () => {
    const ready = Promise.withResolvers<void>();
    whole = withLab(options, async (started) => {
      await prepare(started);
      lab = started;
      ready.resolve();
      await over.promise;
    });
    // Whatever fails before it is ready; later failures are those of afterAll.
    whole.catch(ready.reject);
    await ready.promise;
  });
  afterAll(async () => {
    over.resolve();
    if (lab !== undefined) await whole;
  });
  return () => {
    if (lab === undefined) throw new Error('the lab is there only while tests run');
    return lab;
  };
}

/** A cluster of the lab by its name in the topology. */
export function clusterOf(lab: Lab, name: string): Lab['hub'] {
  const cluster = lab.clusters[name];
  if (cluster === undefined) throw new Error(`the lab has no cluster ${name}`);
  return cluster;
}

/** Runs SQL as `goatherd` in the topology's database on one cluster: `query` says how. */
export function on(lab: Lab, name: string, sql: string): Promise<readonly Row[]> {
  return query(clusterOf(lab, name), lab.dbname, sql);
}
