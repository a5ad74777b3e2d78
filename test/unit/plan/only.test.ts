import { describe, expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { planExitCodes } from '../../../src/report/exit-code.ts';
import { CHAIN, converged, empty, file } from './cases/case.ts';
import { topologyOf } from './world/world-build.ts';
import { look } from './world/world-observe.ts';
import { declare, type World } from './world/world.ts';

function planOnly(world: World, only: readonly string[] | undefined, links?: string): Plan {
  declare(world, links === undefined ? world.declared : topologyOf(file(links)));
  const { observation, ledger } = look(world);
  return makePlan(world.topology, observation, ledger, world.config, { approvals: [], ...(only === undefined ? {} : { only }) });
}

const codes = (plan: Plan): readonly string[] => plan.diagnostics.filter((one) => one.code.startsWith('Only')).map((one) => one.code);

describe('a plan of some links alone', () => {
  const slower = `links: [{from: a, to: b, kick_interval: 5s}, {from: b, to: c, kick_interval: 5s}]`;

  it('holds the steps, changes and proof of these links, and says how many are left out', () => {
    const world = converged();
    const whole = planOnly(world, undefined, slower);
    const plan = planOnly(world, ['orders/b-c'], slower);
    const addresses = new Set(plan.steps.map((step) => step.address));
    expect([...addresses].toSorted()).toEqual(['orders', 'orders/b-c', 'orders/instance/orders_b_c']);
    expect(plan.steps.every((step) => step.blocked === null)).toBe(true);
    expect(plan.steps.find((step) => step.kind === 'arrival')?.work).toMatchObject({ links: ['orders/b-c'] });
    expect(plan.changes.map((change) => change.address)).toEqual(['orders/b-c']);
    expect(plan.links.map((link) => link.address)).toEqual(['orders/b-c']);
    expect(plan.counts).toMatchObject({ change: 1, steps: plan.steps.length });
    expect(whole.counts.change).toBe(2);
    expect(codes(plan)).toEqual(['OnlySome']);
    expect(plan.fingerprint).not.toBe(whole.fingerprint);
  });

  it('is empty for a link of which nothing is to be done', () => {
    const world = converged();
    const plan = planOnly(world, ['orders/a-b'], 'links: [a -> b, {from: b, to: c, kick_interval: 5s}]');
    expect(plan).toMatchObject({ steps: [], changes: [], verdict: 'in_sync' });
    expect(planExitCodes([plan]).detailed).toBe(0);
  });

  it.each([
    ['the lower link before the upper one has its copy', 'orders/b-c', 'orders/a-b'],
    ['the upper link before the lower one can take what it passes on', 'orders/a-b', 'orders/b-c'],
  ])('is refused for %s, and nothing of it may be done', (_, only, needs) => {
    const plan = planOnly(empty(), [only], CHAIN);
    expect(codes(plan)).toEqual(['OnlyBreaksOrder']);
    const [said] = plan.diagnostics.filter((one) => one.code === 'OnlyBreaksOrder');
    expect(said?.hint).toBe(`add --only ${needs}`);
    expect(said?.objects.length).toBeGreaterThan(0);
    expect(plan.steps.some((step) => step.blocked === null)).toBe(false);
  });

  it('is the whole plan when every link is asked for', () => {
    const world = empty();
    const whole = planOnly(world, undefined, CHAIN);
    expect(planOnly(world, ['orders/a-b', 'orders/b-c'], CHAIN)).toEqual(whole);
  });

  it('leaves a daemon alone that is started anew for another link of its instance', () => {
    const both = (more: string): string =>
      `links: [{from: a, to: b${more}, bucardo: {instance: one}}, {from: a, to: c, bucardo: {instance: one}}]`;
    const world = converged(both(''));
    expect(planOnly(world, ['orders/a-c'], both(', kick_interval: 5s'))).toMatchObject({ steps: [], changes: [], verdict: 'in_sync' });
    const plan = planOnly(world, ['orders/a-b'], both(', kick_interval: 5s'));
    expect(plan.steps.map((step) => step.kind)).toEqual(['register', 'stop_daemon', 'start_daemon', 'arrival']);
    expect(plan.steps.every((step) => step.blocked === null)).toBe(true);
  });

  it('is refused for a copy again whose lower links would miss it', () => {
    const plan = planOnly(converged(), ['orders/a-b'], 'links: [{from: a, to: b, copy_data: always, copy_generation: 2}, b -> c]');
    expect(codes(plan)).toEqual(['OnlyBreaksOrder']);
  });
});
