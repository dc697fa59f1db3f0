import { expect, test } from 'vitest';
import { ownersOf } from '../../src/durable/places.js';

const members = Array.from({ length: 7 }, (_, i) => `worker ${i}`);
const loadsOf = (owners: readonly (string | undefined)[], all: readonly string[]) =>
  all.map(member => owners.filter(owner => owner === member).length);

test('no member has more than one partition more than another', () => {
  for (const partitions of [1, 4, 6, 16, 64]) {
    for (let count = 1; count <= members.length; count++) {
      const some = members.slice(0, count);
      const loads = loadsOf(ownersOf(partitions, some), some);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      expect(loads.reduce((sum, load) => sum + load, 0)).toBe(partitions);
    }
  }
});

test('all workers come to the same answer, in whichever order they know each other', () => {
  const owners = ownersOf(16, members);
  expect(ownersOf(16, [...members].reverse())).toEqual(owners);
});

test('one who leaves moves its own partitions and few others', () => {
  const before = ownersOf(64, members);
  for (const gone of members) {
    const after = ownersOf(
      64,
      members.filter(member => member !== gone),
    );
    const moved = before.filter((owner, p) => owner !== gone && owner !== after[p]);
    expect(moved.length).toBeLessThanOrEqual(16);
  }
});

test('without members nobody has a partition', () => {
  expect(ownersOf(2, [])).toEqual([undefined, undefined]);
});
