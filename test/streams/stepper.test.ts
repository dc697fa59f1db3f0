import { describe, expect, test } from 'vitest';
import {
  chain,
  dense,
  gru,
  gruCell,
  RecurError,
  recur,
  type Stepper,
  stateful,
  stepper,
} from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { netOf, someNet } from '../laws/nets.js';
import { generator, inForm, signal, someForm, someSeed, someSteps } from '../laws/streams.js';

/** `stepper` and `stateful` for models that no type knows. */
const stepperOf = stepper as unknown as (model: unknown) => Stepper<unknown>;
const statefulOf = stateful as unknown as (model: unknown) => (x: unknown) => unknown;

law(
  'a stepper says what stateful says, and again after a reset',
  [someNet, someSteps, someForm, someSeed],
  (spec, count, form, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, count).map(x => inForm(form, x, random));
    const model = statefulOf(net);
    const wanted = stream.map(x => model(x));
    const step = stepperOf(net);
    sameBits(
      stream.map(x => step(x)),
      wanted,
    );
    step.reset();
    sameBits(
      stream.map(x => step(x)),
      wanted,
    );
  },
);

describe('stepper', () => {
  test('two of one cell have nothing to do with each other', () => {
    const cell = gruCell(1, 2, { seed: 1 });
    const [one, other] = [stepper(cell), stepper(cell)];
    const first = one(1);
    one(2);
    expect(other(1)).toEqual(first);
  });

  test('an invalid datum is thrown as a RecurError, the state intact', () => {
    const layer = gru(1, 2, { seed: 1 });
    const [step, model] = [stepper(layer), stateful(layer)];
    step(1);
    model(1);
    expect(() => step([Number.NaN])).toThrow(RecurError);
    expect(() => step([1, 2])).toThrow(RecurError);
    expect(step(2)).toEqual(model(2));
  });

  test('a step inside a step is refused', () => {
    const inside: unknown[] = [];
    const step: Stepper<unknown> = stepperOf(
      chain(dense(1, 1), (x: Float32Array) => {
        try {
          step(x);
        } catch (error) {
          inside.push(error);
        }
        return x;
      }),
    );
    step(1);
    expect(inside).toEqual([expect.any(RecurError)]);
    step(1);
    expect(inside).toHaveLength(2);
  });

  test('what is no layer or cell of its own is refused at the call', () => {
    for (const wrong of [undefined, 1, {}, (h: number) => h]) {
      expect(() => stepperOf(wrong)).toThrow(RecurError);
    }
    const configured = recur(gru(1, 2), { reset: [] });
    expect(() => stepperOf(configured)).toThrow('reset');
  });
});
