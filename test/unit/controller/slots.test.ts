import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Slots } from '../../../src/controller/slots.ts';

test('lets no more in than there are slots, in the order of asking, and takes each back once', async () => {
  const slots = new Slots(2);
  const order: string[] = [];
  const first = await slots.take();
  const second = await slots.take();
  const third = slots.take().then((free) => (order.push('third'), free));
  const fourth = slots.take().then((free) => (order.push('fourth'), free));
  await turn();
  expect(order).toEqual([]);
  first();
  first();
  await turn();
  expect(order).toEqual(['third']);
  second();
  await turn();
  expect(order).toEqual(['third', 'fourth']);
  (await third)();
  (await fourth)();
});
