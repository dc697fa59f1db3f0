import { Subject } from 'rxjs';
import { type KeyedOperator, recurBy, rnn, type Vec } from '../../src/index.js';

/** An event of a key, and its number among all events. */
export interface Tagged {
  readonly key: number;
  readonly at: number;
  readonly x: Vec;
}

/** `recurBy` for models and configurations that no type knows. */
export const keyedOf = recurBy as unknown as (
  model: unknown,
  config?: unknown,
) => KeyedOperator<unknown, unknown, unknown>;

/** Takes tagged events, emits outputs with their numbers. */
export const tagged = {
  key: ({ key }: Tagged) => key,
  select: ({ x }: Tagged) => x,
  project: (y: unknown, { at }: Tagged) => ({ at, y }),
};

/** An event of the tests by hand: `['a', 1]`. */
export type Pair = readonly [key: string, x: number];

/** h' = x + h. */
export const sums = rnn(1, 1, {
  activation: 'identity',
  bias: false,
  params: { weightIh: [1], weightHh: [1] },
});

/** Takes pairs, emits texts such as 'a1'. */
export const pairs = {
  key: ([key]: Pair) => key,
  select: ([, x]: Pair) => [x],
  project: (y: Float32Array | number, [key]: Pair) => `${key}${typeof y === 'number' ? y : y[0]}`,
};

/** Sums by key, fed by hand: what was emitted, dropped and how it ended. */
export function running(config: object = {}, model: unknown = sums) {
  const source = new Subject<unknown>();
  const operator = keyedOf(model, { ...pairs, ...config });
  const emitted: unknown[] = [];
  const invalid: { error: Error; event: unknown; key: unknown }[] = [];
  const ends: unknown[] = [];
  operator.invalid.subscribe(dropped => invalid.push(dropped as never));
  const subscription = source.pipe(operator).subscribe({
    next: y => emitted.push(y),
    error: error => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const send = (...events: unknown[]) => {
    for (const event of events) source.next(event);
  };
  return { source, operator, emitted, invalid, ends, subscription, send };
}
