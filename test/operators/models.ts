import { map, type Observable, pipe } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';
import { chain, dense, RecurError, recur, rnn } from '../../src/index.js';
import { halve } from '../laws/nets.js';

type Running = (source: Observable<number>) => Observable<number>;

/** A running sum written by hand. */
export const sum = (total: number, x: number) => [total + x, total + x] as const;

/** A running sum as a layer: h' = x + h. */
export const sumLayer = rnn(1, 1, {
  activation: 'identity',
  bias: false,
  params: { weightIh: [1], weightHh: [1] },
});

/** A running sum as a chain of a layer, a function and a layer without state. */
export const sumChain = chain(
  sumLayer,
  halve,
  dense(1, 1, { bias: false, params: { weight: [2] } }),
);

const first = map((y: Float32Array) => y[0]);

/** One running sum, as each thing that `recur` takes: numbers in, numbers out. */
export const runningSums: Readonly<Record<string, Running>> = {
  'a layer': pipe(sumLayer, first),
  'a chain': pipe(sumChain, first),
  'a plain function': recur(sum, { initialState: 0 }),
};

/** RxJS's own scheduler of marble diagrams. */
export function marbles(run: Parameters<TestScheduler['run']>[0]): void {
  new TestScheduler((got, want) => expect(got).toEqual(want)).run(run);
}

/** The message of the RecurError that a call throws. */
export function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(RecurError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
