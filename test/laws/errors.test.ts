import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect } from 'vitest';
import { RecurError, stateful } from '../../src/index.js';
import { sameBits } from './bits.js';
import { nothingIsThrownLate } from './late.js';
import { law } from './law.js';
import { emitted, folded, type Net, netOf, recurOf, someNetThatChecks } from './nets.js';
import { batched, generator, type Random, signal, someSeed, someSteps, view } from './streams.js';

// Law 7, errors arrive: a wrong datum is one error notification, and the state before it is intact.

nothingIsThrownLate();

const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e39, -1e39];

/** Data that no net of this input size takes, by what is wrong with them. */
const wrongs: Record<string, (size: number, random: Random) => unknown> = {
  'a vector too long': size => new Float32Array(size + 1),
  'a vector too short': size => new Array(size - 1).fill(0),
  'an empty vector': () => [],
  'a component that is not finite': (size, random) => {
    const x = new Float64Array(size);
    x[Math.floor(random() * size)] = notFinite[Math.floor(random() * notFinite.length)];
    return x;
  },
  'a component that is text': size => [...new Array(size - 1).fill(0), '1'],
  'a hole': size => new Array(size),
  'a component that is null': size => new Array(size).fill(null),
  'an ndarray too long': (size, random) => view(new Array(size + 1).fill(0), [size + 1], random),
  'an ndarray with NaN': (size, random) => view(new Array(size).fill(Number.NaN), [size], random),
  'a batch that was none': (size, random) => view(new Array(size * 2).fill(0), [size, 2], random),
  'a batch of no columns': size => ({ data: [], shape: [size, 0], stride: [1, 1], offset: 0 }),
  'an ndarray of three axes': (size, random) => view(new Array(size).fill(0), [size, 1, 1], random),
  'an ndarray that points outside its data': size => ({
    data: new Float32Array(size),
    shape: [size],
    stride: [1],
    offset: 1,
  }),
  'a number for a vector': size => (size === 1 ? '1' : 1),
  text: () => 'abc',
  nothing: () => undefined,
  null: () => null,
  'an object': () => ({ x: 1 }),
  'a function': () => () => 1,
};

const someWrong = fc.constantFrom(...Object.keys(wrongs));

/** An operator's outputs and how it ended, for events of which the last may be wrong. */
function ending(model: Net, events: readonly unknown[]) {
  const source = new Subject<unknown>();
  const outputs: unknown[] = [];
  const errors: unknown[] = [];
  source.pipe(model as never).subscribe({
    next: y => outputs.push(y),
    error: error => errors.push(error),
    complete: () => errors.push('completed'),
  });
  for (const event of events) source.next(event);
  return { outputs, errors };
}

/** What must be true of the error of the datum at `step`. */
function expectRecurError(error: unknown, step: number | undefined): void {
  expect(error).toBeInstanceOf(RecurError);
  const { where, expected, got, hint, message, ...rest } = error as RecurError;
  expect(rest.step).toBe(step);
  expect(where).toMatch(/\.x$/);
  expect(message).toBe(`${where}: expected ${expected}, got ${got}${hint ? `; ${hint}` : ''}`);
}

law(
  'a wrong datum is one RecurError that names its step, and nothing comes after it',
  [someNetThatChecks, someWrong, someSteps, someSteps, someSeed],
  (spec, wrong, before, after, seed) => {
    const net = netOf(spec);
    const stream = [
      [...new Array(spec.inputSize).fill(0)],
      ...signal(seed, spec.inputSize, before),
    ];
    const bad = wrongs[wrong](spec.inputSize, generator(seed));
    const events = [...stream, bad, ...signal(seed, spec.inputSize, after), bad];
    const { outputs, errors } = ending(net, events);
    sameBits(outputs, folded(net, stream).outputs);
    expect(errors).toHaveLength(1);
    expectRecurError(errors[0], stream.length);
  },
);

law(
  'skipped or reported, a wrong datum leaves the stream as if it had not come',
  [someNetThatChecks, fc.array(someWrong, { maxLength: 5 }), someSteps, someSeed],
  (spec, names, length, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const good = [new Array(spec.inputSize).fill(0), ...signal(seed, spec.inputSize, length)];
    const events: unknown[] = [...good];
    const bad = names.map(name => wrongs[name](spec.inputSize, random));
    for (const x of bad) events.splice(1 + Math.floor(random() * events.length), 0, x);
    const { outputs } = folded(net, good);
    const skipping = ending(recurOf(net, { onInvalid: 'skip' }), events);
    sameBits(skipping, { outputs, errors: [] });
    const told: { error: RecurError; event: unknown }[] = [];
    const onInvalid = (error: RecurError, event: unknown) => told.push({ error, event });
    sameBits(ending(recurOf(net, { onInvalid }), events), { outputs, errors: [] });
    expect(told).toHaveLength(bad.length);
    const steps = events.flatMap((x, step) => (good.includes(x as number[]) ? [] : [step]));
    for (const [k, step] of steps.entries()) {
      expectRecurError(told[k].error, step);
      expect(told[k].event).toBe(events[step]);
    }
  },
);

law(
  'a stateful model throws at a wrong datum, its state as it was',
  [someNetThatChecks, someWrong, someSteps, someSeed],
  (spec, wrong, steps, seed) => {
    const net = netOf(spec);
    const stream = [new Array(spec.inputSize).fill(0), ...signal(seed, spec.inputSize, steps)];
    const bad = wrongs[wrong](spec.inputSize, generator(seed));
    const m = stateful(net);
    const outputs = stream.map(x => {
      const y = m(x);
      const { state } = m;
      expect(() => m(bad as never)).toThrow(RecurError);
      expect(() => m.map([...stream, bad] as never)).toThrow(RecurError);
      sameBits(m.state, state);
      return y;
    });
    sameBits(outputs, folded(net, stream).outputs);
  },
);

law(
  'a wrong step within a chunk refuses the chunk, names the step and loses nothing',
  [someNetThatChecks, someWrong, someSteps, someSteps, someSeed],
  (spec, wrong, before, after, seed) => {
    const net = netOf(spec);
    const stream = [new Array(spec.inputSize).fill(0), ...signal(seed, spec.inputSize, before)];
    const bad = wrongs[wrong](spec.inputSize, generator(seed));
    const rest = signal(seed + 1, spec.inputSize, after);
    const events = [stream, [...stream, bad, ...rest], rest];
    const { outputs, errors } = ending(recurOf(net, { chunks: true }), events);
    sameBits(outputs, [folded(net, stream).outputs]);
    expectRecurError(errors[0], 1);
    expect((errors[0] as RecurError).where).toMatch(`[${stream.length}].`);
    const skipping = ending(recurOf(net, { chunks: true, onInvalid: 'skip' }), events);
    sameBits(skipping.outputs.flat(), folded(net, [...stream, ...rest]).outputs);
  },
);

law(
  'a wrong column of a batch refuses the whole datum and loses nothing',
  [someNetThatChecks, fc.integer({ min: 1, max: 4 }), someSteps, someSeed],
  (spec, batch, steps, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, steps + 1),
    );
    const stream = batched(columns, random);
    const values = new Array(spec.inputSize * batch).fill(0.5);
    values[Math.floor(random() * values.length)] = Number.NaN;
    const bad = view(values, [spec.inputSize, batch], random);
    const events = stream.flatMap(x => [bad, x, bad]);
    const { outputs } = ending(recurOf(net, { onInvalid: 'skip' }), events);
    sameBits(outputs, emitted(net, stream));
  },
);
