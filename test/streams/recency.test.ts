import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Recency } from '../../src/streams/recency.js';
import { law } from '../laws/law.js';

const someSlot = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 100 }));
const someMove = fc.record({ slot: someSlot, removes: fc.boolean() });

law('the order of use is that of a list', [fc.array(someMove, { maxLength: 60 })], moves => {
  const recency = new Recency();
  let list: { slot: number; time: number }[] = [];
  for (const [time, { slot, removes }] of moves.entries()) {
    list = list.filter(entry => entry.slot !== slot);
    if (removes) recency.remove(slot);
    else {
      recency.touch(slot, time);
      list.push({ slot, time });
    }
    expect(recency.oldest).toBe(list[0]?.slot ?? -1);
    for (const entry of list) expect(recency.timeOf(entry.slot)).toBe(entry.time);
  }
  for (const { slot } of list) {
    expect(recency.oldest).toBe(slot);
    recency.remove(slot);
  }
  expect(recency.oldest).toBe(-1);
});

test('removing what is not there, beyond its room too, does nothing', () => {
  const recency = new Recency();
  recency.remove(0);
  recency.remove(10_000);
  recency.touch(3, 1);
  recency.remove(4);
  expect(recency.oldest).toBe(3);
});

test('a slot far beyond its room is one of all', () => {
  const recency = new Recency();
  recency.touch(1, 1);
  recency.touch(100_000, 2);
  recency.touch(1, 3);
  expect(recency.oldest).toBe(100_000);
  expect(recency.timeOf(100_000)).toBe(2);
});
