import { describe, expect, test } from 'vitest';
import { functionCell, startingFrom } from '../../src/streams/function-cell.js';
import type { KeyedConfig, KeyedEvents } from '../../src/streams/keyed-events.js';
import { KeyedStream } from '../../src/streams/keyed-stream.js';

/** A running sum by key: ['a', 1] gives 'a1'. */
const sum = startingFrom(functionCell(((h: number, x: number) => [h + x, h + x]) as never), 0);
type Pair = readonly [string, number];

function stream(most: number, more: Partial<KeyedConfig> = {}, events: Partial<KeyedEvents> = {}) {
  let time = 0;
  const config = {
    key: ([key]: Pair) => key,
    select: ([, x]: Pair) => x,
    project: (y: number, [key]: Pair) => `${key}${y}`,
    ...more,
  } as KeyedConfig;
  const dropped: string[] = [];
  const own = { invalid: (error: Error) => void dropped.push(error.message), ...events };
  const options = { most, ordered: true, now: () => time++ };
  return { keyed: new KeyedStream(sum, config, options, own as KeyedEvents), dropped };
}

describe('KeyedStream', () => {
  test('emits at once where nothing may wait', () => {
    const { keyed } = stream(1);
    expect(keyed.accept(['a', 1])).toEqual(['a1']);
    expect(keyed.accept(['a', 2])).toEqual(['a3']);
    expect(keyed.waiting).toBe(0);
    expect(keyed.flush()).toEqual([]);
  });

  test('emits what waited when there are as many as may wait', () => {
    const { keyed } = stream(3);
    expect(keyed.accept(['a', 1])).toEqual([]);
    expect(keyed.accept(['b', 2])).toEqual([]);
    expect(keyed.waiting).toBe(2);
    expect(keyed.accept(['c', 3])).toEqual(['a1', 'b2', 'c3']);
    expect(keyed.waiting).toBe(0);
  });

  test('emits what waited before a second event of a key is taken, and both where two may wait', () => {
    const { keyed } = stream(3);
    keyed.accept(['a', 1]);
    expect(keyed.accept(['a', 2])).toEqual(['a1']);
    expect(keyed.waiting).toBe(1);
    expect(keyed.flush()).toEqual(['a3']);
  });

  test('knows since when the first of those that wait has waited', () => {
    const { keyed } = stream(3);
    keyed.accept(['a', 1]);
    const first = keyed.waitingSince;
    keyed.accept(['b', 1]);
    expect(keyed.waitingSince).toBe(first);
    keyed.accept(['a', 1]);
    expect(keyed.waitingSince).toBeGreaterThan(first);
  });

  test('gives up what has been idle for so long, the oldest first', () => {
    const gone: unknown[] = [];
    const evicted = (key: unknown, reason: string, { state }: { state: unknown }) =>
      gone.push([key, reason, state]);
    const { keyed } = stream(1, {}, { evicted } as never);
    // Used at 0, 1 and 2.
    for (const key of ['a', 'b', 'c']) keyed.accept([key, 1]);
    expect(keyed.oldest).toBe(0);
    keyed.evictIdle(6, 5);
    expect(gone).toEqual([
      ['a', 'idle', 1],
      ['b', 'idle', 1],
    ]);
    expect(keyed.oldest).toBe(2);
    expect(keyed.accept(['a', 1])).toEqual(['a1']);
  });

  test('a reset is no use of a key', () => {
    const { keyed } = stream(1);
    keyed.accept(['a', 1]);
    keyed.accept(['b', 1]);
    keyed.reset('a');
    expect(keyed.oldest).toBe(0);
    expect(keyed.accept(['a', 5])).toEqual(['a5']);
  });

  test('what users’ functions ask for in the middle of a step is done after it', () => {
    const project = (y: number, [key]: Pair) => {
      expect(keyed.reset(key)).toEqual([]);
      expect(keyed.flush()).toEqual([]);
      return y;
    };
    const { keyed } = stream(2, { project } as never);
    expect(keyed.accept(['a', 1])).toEqual([]);
    expect(keyed.accept(['b', 2])).toEqual([1, 2]);
    keyed.accept(['a', 3]);
    expect(keyed.flush()).toEqual([3]);
  });

  test('an event in the middle of another is dropped, and the one at hand is not harmed', () => {
    const select = ([key, x]: Pair) => {
      if (key === 'a') expect(keyed.accept(['b', 100])).toEqual([]);
      return x;
    };
    const { keyed, dropped } = stream(1, { select } as never);
    expect(keyed.accept(['a', 1])).toEqual(['a1']);
    expect(keyed.accept(['b', 1])).toEqual(['b1']);
    expect(dropped).toEqual([
      expect.stringContaining('expected one step at a time, got a step inside a step'),
    ]);
  });

  test('an end in the middle of a batch drops the rest of it', () => {
    const project = (y: number) => {
      keyed.end();
      return y;
    };
    const { keyed } = stream(3, { project } as never);
    keyed.accept(['a', 1]);
    keyed.accept(['b', 2]);
    expect(keyed.accept(['c', 3])).toEqual([1]);
    expect(keyed.waiting).toBe(0);
  });

  test('a throw of one who is told is a failure, kept with what was stepped before', () => {
    const own = new Error('full');
    const invalid = () => {
      throw own;
    };
    const { keyed } = stream(3, {}, { invalid });
    keyed.accept(['a', 1]);
    expect(keyed.accept(null)).toEqual([]);
    expect(keyed.failure).toEqual({ error: own });
  });
});
