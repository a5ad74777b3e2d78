import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawingSvg } from '../../../src/report/svg/drawing.ts';
import { layOut, type Box, type Point } from '../../../src/report/svg/layout.ts';
import { drawing, plan } from './builders.ts';
import { copying, ready, snapshots } from './snapshots.ts';

const box = { width: 90, height: 46 };
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
/** Links that all lead on in the alphabet: no cycle. */
const links = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 6 })).filter(([from, to]) => from < to),
  { minLength: 1, maxLength: 9, selector: ([from, to]) => `${from}-${to}` },
);

describe('the layout', () => {
  test.each(['LR', 'TB'] as const)('%s: nothing overlaps, nothing is outside, the same twice', (direction) => {
    fc.assert(
      fc.property(links, (given) => {
        const edges = given.map(([from, to]) => ({ id: `${names[from]}-${names[to]}`, from: names[from]!, to: names[to]!, ...box }));
        const used = names.filter((name) => edges.some(({ from, to }) => from === name || to === name));
        const nodes = used.map((name) => ({ name, ...box }));
        const found = layOut(nodes, edges, direction);
        const boxes = [...found.nodes, ...found.edges].map(({ at }) => at);
        expect(boxes).toHaveLength(nodes.length + edges.length);
        for (const [index, at] of boxes.entries()) {
          expect(inside(at, found)).toBe(true);
          for (const other of boxes.slice(index + 1)) expect(overlap(at, other)).toBe(false);
        }
        expect(layOut(nodes, edges, direction)).toEqual(found);
      }),
      { numRuns: 60 },
    );
  });

  test('databases and links whose names mean something to JavaScript are drawn like any other', () => {
    const nodes = ['constructor', 'toString', '__proto__'].map((name) => ({ name, ...box }));
    const edges = [{ id: 'hasOwnProperty', from: 'constructor', to: '__proto__', ...box }];
    expect(layOut(nodes, edges, 'LR').edges).toHaveLength(1);
  });
});

describe('the drawing', () => {
  test('says in words what it shows', () => {
    expect(drawingSvg(copying, 'LR')?.toString()).toContain(
      'aria-label="orders: a to b copying, 27/42 tables, 71/118 GB, 16 min to go; b to c waiting, for a-b"',
    );
  });

  test('has a bar as long as the share of what is copied', () => {
    const bars = [
      ...(drawingSvg(copying, 'LR')
        ?.toString()
        .matchAll(/class="(rail|bar)"[^>]* width="([\d.]+)"/g) ?? []),
    ];
    const [rail, bar] = bars.map(([, , width]) => Number(width));
    expect(bar! / rail!).toBeCloseTo(71 / 118, 2);
  });

  test('shows a database that does not answer', () => {
    const [outage] = snapshots['outage']!.topologies;
    expect(drawingSvg(outage!, 'TB')?.toString()).toMatch(/class="node bad".*no answer/);
  });

  test('needs no plan: what was observed is drawn, and nothing where nothing was', () => {
    expect(drawingSvg({ ...ready, plan: null }, 'LR')?.toString()).toContain('b to c running');
    expect(drawingSvg({ ...ready, plan: null, status: null }, 'LR')).toBeNull();
  });

  test('a name that is too long for its box is shortened in the middle', () => {
    const long = plan({
      verdict: 'in_sync',
      links: [],
      drawing: {
        ...drawing(['a-b']),
        nodes: ['a', 'b'].map((name) => ({ name, target: `db-${'x'.repeat(80)}.internal/orders_${name}`, cascade: true, reachable: true })),
      },
    });
    expect(drawingSvg({ ...ready, plan: long }, 'LR')?.toString()).toContain('>db-xxxxxxxxxxxx…l/orders_a<');
  });
});

function overlap(left: Point, right: Point): boolean {
  return Math.abs(left.x - right.x) < box.width && Math.abs(left.y - right.y) < box.height;
}

function inside({ x, y }: Point, { width, height }: Box): boolean {
  return x - box.width / 2 >= 0 && y - box.height / 2 >= 0 && x + box.width / 2 <= width && y + box.height / 2 <= height;
}
