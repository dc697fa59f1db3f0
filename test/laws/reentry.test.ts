import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { chain, dense, forecast, gru, lstm, stateful, stepper, type Vec } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { keyedOf, type Tagged, tagged } from '../operators/keyed.js';
import { numbersOf, sameBits, sameNumbers } from './bits.js';
import { disturber } from './disturber.js';
import { arrayForms, exoticArrays, exoticVector, vectorForms } from './exotic.js';
import { law } from './law.js';
import { emitted, folded, type Net, netOf, recurOf, someNet, someNetThatChecks } from './nets.js';
import { signal, someSeed } from './streams.js';

const forecastOf = forecast as unknown as (model: unknown, steps: number, config: object) => Net;

// Streams of all models share memory: what runs while an input is read may step, start and end
// others.

const someForm = fc.constantFrom(...vectorForms);
const someArrayForm = fc.constantFrom(...arrayForms);
const someSteps = fc.integer({ min: 1, max: 6 });
const someBackend = fc.constantFrom(undefined, ...backends());

/** `sameNumbers` for a chunk's outputs, which are a list, or a row-major ndarray. */
const listOf = (value: unknown) => (Array.isArray(value) ? value.map(numbersOf) : [value]);

law(
  'steps of inputs that step other streams of the model as they are read are those of plain ones',
  [someNetThatChecks, someForm, someSteps, someBackend, someSeed],
  (spec, form, steps, backend, seed) => {
    const net = netOf(spec);
    const before = disturber(net, spec.inputSize);
    const stream = signal(seed, spec.inputSize, steps);
    const exotic = () => stream.map(x => exoticVector(form, x, before)) as Vec[];
    const plain = stateful(net, { backend });
    const want = stream.map(x => plain(x));
    const called = stateful(net, { backend });
    sameNumbers(
      exotic().map(x => called(x)),
      want,
    );
    sameNumbers(emitted(recurOf(net, { backend }), exotic()), want);
    sameNumbers(stateful(net, { backend }).map(exotic()) as unknown[], want);
    const [chunk] = emitted(recurOf(net, { backend, chunks: true }), [exotic()]);
    sameBits(listOf(chunk), listOf(want));
  },
);

law(
  'so are those of a cell, of a stepper, and of what a function within makes',
  [someNetThatChecks, someForm, someSteps, someSeed],
  (spec, form, steps, seed) => {
    const net = netOf(spec);
    const before = disturber(net, spec.inputSize);
    const stream = signal(seed, spec.inputSize, steps);
    const exotic = () => stream.map(x => exoticVector(form, x, before)) as Vec[];
    const want = folded(net, stream).outputs;
    sameNumbers(folded(net, exotic()).outputs, want);
    const step = stepper(net as never) as unknown as (x: Vec) => unknown;
    sameNumbers(exotic().map(step), want);
    const make = (x: Vec) => exoticVector(form, numbersOf(x), before) as Vec;
    const within = stateful(chain(make, net as never) as never) as unknown as typeof step;
    sameNumbers(stream.map(within), want);
  },
);

law(
  'so are batches, and chunks that are ndarrays',
  [someNet, someArrayForm, fc.integer({ min: 1, max: 5 }), someSteps, someSeed],
  (spec, form, columns, steps, seed) => {
    const net = netOf(spec);
    const before = disturber(net, spec.inputSize);
    const { inputSize } = spec;
    const make = exoticArrays[form];
    const quiet = exoticArrays['an ndarray of accessors'];
    const all = signal(seed, inputSize * columns, steps);
    const [m, n] = [stateful(net), stateful(net)];
    for (const values of all) {
      const x = make(values, [inputSize, columns], before);
      const y = quiet(values, [inputSize, columns], () => {});
      sameBits(numbersOf(m(x)), numbersOf(n(y)));
    }
    for (const shape of [
      [inputSize, steps],
      [inputSize, steps, columns],
    ]) {
      const values = signal(
        seed,
        shape.reduce((a, b) => a * b),
        1,
      )[0];
      const [got, want] = [stateful(net), stateful(net)].map((own, i) =>
        own.map(i ? quiet(values, shape, () => {}) : make(values, shape, before)),
      );
      sameBits(listOf(got).map(String), listOf(want).map(String));
    }
  },
);

law(
  'so are events of keys, alone and in batches',
  [someNetThatChecks, someForm, fc.array(fc.nat({ max: 3 }), { maxLength: 12 }), someSeed],
  (spec, form, keys, seed) => {
    const net = netOf(spec);
    const before = disturber(net, spec.inputSize);
    const stream = signal(seed, spec.inputSize, keys.length);
    const events = (make: (x: number[]) => unknown) =>
      keys.map((key, at) => ({ key, at, x: make(stream[at]) }) as Tagged);
    for (const maxSize of [undefined, 3]) {
      const batch = maxSize && { maxSize, maxDelay: 1e6 };
      const config = { ...tagged, ...(batch && { batch }) };
      const got = emitted(
        keyedOf(net, config),
        events(x => exoticVector(form, x, before)),
      ) as { at: number; y: unknown }[];
      const want = emitted(
        keyedOf(net, config),
        events(x => x),
      ) as typeof got;
      expect(got.map(({ at }) => at)).toEqual(keys.map((_, at) => at));
      sameNumbers(
        got.map(({ y }) => y),
        want.map(({ y }) => y),
      );
    }
  },
);

law(
  'select, project, observers of states and functions may step other streams of the model',
  [someNet, someSteps, someSeed],
  (spec, steps, seed) => {
    const net = netOf(spec);
    const before = disturber(net, spec.inputSize);
    const stream = signal(seed, spec.inputSize, steps);
    const disturbed = <T>(value: T): T => {
      before();
      return value;
    };
    const want = folded(net, stream).outputs;
    const config = { select: disturbed, project: disturbed, state: before };
    sameNumbers(emitted(recurOf(net, config), stream), want);
    const around = chain(disturbed, net as never, disturbed) as never;
    sameNumbers(emitted(recurOf(around), stream), want);
    const own = { key: () => disturbed('a'), select: disturbed, project: disturbed };
    sameNumbers(emitted(keyedOf(net, own), stream), want);
  },
);

law(
  'elements that another model computes as they are read are its numbers',
  [someNetThatChecks, someNet, someSteps, someBackend, someSeed],
  (spec, otherSpec, steps, backend, seed) => {
    const [net, other] = [netOf(spec), netOf(otherSpec)];
    const asks = signal(seed, otherSpec.inputSize, steps * spec.inputSize);
    const outer = stateful(other);
    const answer = (k: number) => {
      // In the middle of a step, now by a stream that lives, now by a call of the pure cell.
      if (k % 2) outer.reset();
      const y = k % 2 ? outer(asks[k]) : other.cell(undefined, asks[k])[1];
      return Math.tanh(numbersOf(y)[0]);
    };
    const values = asks.map((_, k) => answer(k));
    const vectors = Array.from({ length: steps }, (_, t) =>
      values.slice(t * spec.inputSize, (t + 1) * spec.inputSize),
    );
    const computed = () =>
      vectors.map((x, t) => {
        const element = (_: unknown, i: number) => ({
          enumerable: true,
          get: () => answer(t * spec.inputSize + i),
        });
        return Object.defineProperties([...x], Array.from(x, element) as never);
      });
    const plain = stateful(net, { backend });
    const want = vectors.map(x => plain(x));
    const m = stateful(net, { backend });
    sameBits(
      computed().map(x => m(x)),
      want,
    );
    sameBits(stateful(net, { backend }).map(computed()), want);
    sameBits(emitted(recurOf(net, { backend }), computed()), want);
  },
);

describe.each(backends())('on %s, by hand', backend => {
  /** y = x₀ + 10 x₁, no state. */
  const layer = dense(2, 1, { params: { weight: [[1, 10]], bias: [0] } });

  test('an element that another stream of the layer computes is that number', () => {
    const other = stateful(layer, { backend });
    const m = stateful(layer, { backend });
    const x = {
      length: 2,
      0: 3,
      get 1() {
        return other([4, 5])[0];
      },
    };
    const proxied = new Proxy([0, 0], {
      get: (target, key) => Reflect.get(key === '0' || key === '1' ? x : target, key) as unknown,
    });
    expect([...m(proxied)]).toEqual([3 + 10 * 54]);
    expect(numbersOf(m({ data: x, shape: [2], stride: [1], offset: 0 }))).toEqual([543]);
  });

  test('a stream that ends while its input is read gives no room away that it still writes to', () => {
    const own = lstm(2, 3, { seed: 1 });
    const source = new Subject<unknown>();
    const outputs: unknown[] = [];
    let heir: ((x: number[]) => Float32Array) | undefined;
    const wanted = stateful(own, { backend });
    const subscription = source.pipe(recurOf(own, { backend }) as never).subscribe({
      next: y => outputs.push(y),
      error: error => outputs.push(error),
    });
    const x = [1, 2];
    Object.defineProperty(x, 1, {
      get() {
        subscription.unsubscribe();
        heir = stateful(own, { backend });
        heir([0.5, 0.5]);
        return 2;
      },
    });
    source.next(x);
    wanted([0.5, 0.5]);
    expect(outputs).toEqual([]);
    sameBits(heir?.([1, -1]), wanted([1, -1]));
  });

  test('feedback of a forecast may be computed by the model that it is of', () => {
    const model = gru(1, 1, { seed: 3 });
    const other = stateful(model, { backend });
    const plain = { backend, feedback: (y: Float32Array) => [y[0] / 2] };
    const exotic = {
      backend,
      feedback: ([y]: Float32Array) =>
        exoticVector('an array of accessors', [y / 2], () => other([1])),
    };
    const run = (config: object) => emitted(forecastOf(model, 3, config), [[0.5], [1]]);
    sameBits(run(exotic), run(plain));
  });
});
