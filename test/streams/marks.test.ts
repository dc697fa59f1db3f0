import fc from 'fast-check';
import { expect } from 'vitest';
import { Marks } from '../../src/streams/marks.js';
import { law } from '../laws/law.js';

law(
  'marks are a set of slots, listed in ascending order',
  [fc.array(fc.record({ slot: fc.nat({ max: 200 }), adds: fc.boolean() }))],
  changes => {
    const marks = new Marks();
    const set = new Set<number>();
    for (const { slot, adds } of changes) {
      if (adds) {
        marks.add(slot);
        set.add(slot);
      } else {
        marks.remove(slot);
        set.delete(slot);
      }
    }
    expect(marks.list()).toEqual([...set].sort((a, b) => a - b));
    marks.clear();
    expect(marks.list()).toEqual([]);
  },
);
