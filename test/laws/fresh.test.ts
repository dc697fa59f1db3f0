import fc from 'fast-check';
import { concat, defer, from, repeat, retry, Subject, throwError } from 'rxjs';
import { expect } from 'vitest';
import type { Vec } from '../../src/index.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import { emitted, folded, netOf, recurOf, someNet, someState } from './nets.js';
import { generator, inForm, signal, someForm, someSeed, someSteps } from './streams.js';

// Law 1, fresh per subscription: every subscription begins at the initial state and sees no other.

law(
  'an operator answers as its pure cell does, a call a step, whatever the form of the data',
  [someNet, someSteps, someForm, someSeed],
  (spec, steps, form, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, steps).map(x => inForm(form, x, random));
    const { outputs } = folded(net, stream);
    sameBits(emitted(net, stream), outputs);
    sameBits(emitted(recurOf(net.cell), stream), outputs);
  },
);

law(
  'two subscriptions of one operator value, interleaved at random, do not see each other',
  [someNet, fc.array(fc.boolean(), { maxLength: 24 }), someSeed],
  (spec, turns, seed) => {
    const net = netOf(spec);
    const mine = signal(seed, spec.inputSize, turns.length);
    const yours = signal(seed + 1, spec.inputSize, turns.length);
    const taken = [0, 0];
    const sources = [new Subject<Vec>(), new Subject<Vec>()];
    const outputs: unknown[][] = [[], []];
    for (const [k, source] of sources.entries()) {
      source.pipe(net).subscribe(y => outputs[k].push(y));
    }
    for (const turn of turns) {
      const k = Number(turn);
      sources[k].next([mine, yours][k][taken[k]++]);
    }
    sameBits(outputs[0], folded(net, mine.slice(0, taken[0])).outputs);
    sameBits(outputs[1], folded(net, yours.slice(0, taken[1])).outputs);
  },
);

law(
  'subscribing to one cold stream again begins again, at a given initial state too',
  [someNet, someSteps, someSeed, fc.boolean()],
  (spec, steps, seed, asFactory) => {
    const net = netOf(spec);
    const initialState = someState(net, spec, seed);
    const model = recurOf(net, { initialState: asFactory ? () => initialState : initialState });
    const stream = signal(seed, spec.inputSize, steps);
    const { outputs } = folded(net, stream, initialState);
    const output$ = from(stream).pipe(model);
    for (let subscription = 0; subscription < 3; subscription++) {
      const got: unknown[] = [];
      output$.subscribe(y => got.push(y));
      sameBits(got, outputs);
    }
  },
);

law(
  'retry and repeat begin again at the initial state',
  [someNet, someSteps, fc.integer({ min: 0, max: 12 }), someSeed],
  (spec, steps, until, seed) => {
    const net = netOf(spec);
    const stream = signal(seed, spec.inputSize, steps);
    const { outputs } = folded(net, stream);
    let isFirst = true;
    const failingOnce$ = defer(() => {
      const broken = concat(
        from(stream.slice(0, until)),
        throwError(() => new Error('line lost')),
      );
      const whole = from(stream);
      const source$ = isFirst ? broken : whole;
      isFirst = false;
      return source$;
    });
    const retried: unknown[] = [];
    failingOnce$.pipe(net, retry(1)).subscribe(y => retried.push(y));
    sameBits(retried, [...outputs.slice(0, until), ...outputs]);
    const repeated: unknown[] = [];
    from(stream)
      .pipe(net, repeat(3))
      .subscribe(y => repeated.push(y));
    sameBits(repeated, [...outputs, ...outputs, ...outputs]);
  },
);

law('the state is born with the subscription, not with the operator', [someNet], spec => {
  const net = netOf(spec);
  let births = 0;
  const initialState = () => {
    births++;
    return net.initialState();
  };
  const model = recurOf(net, { initialState });
  const output$ = from(signal(1, spec.inputSize, 2)).pipe(model);
  expect(births).toBe(0);
  output$.subscribe();
  output$.subscribe();
  expect(births).toBe(2);
});
