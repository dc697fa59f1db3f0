import fc from 'fast-check';
import { of, Subject, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { chain, dense, gru, RecurError, recur, type Snapshot, stateful } from '../../src/index.js';
import { sameBits } from './bits.js';
import { nothingIsThrownLate } from './late.js';
import { law } from './law.js';
import { drawnAnew, folded, netOf, recurOf, someNet } from './nets.js';
import { signal, someSeed, someSteps } from './streams.js';

// A set that does not fit is the output's one RecurError, and everything before it is intact.

nothingIsThrownLate();

type Named = Readonly<Record<string, unknown>>;
/** A set of a model of any kind: a record by name, or a tuple of such. */
type Tree = Named | readonly Tree[];

/** Ways in which the parameters of one layer can be wrong, and what the message names. */
const inOne: Record<string, (own: Named, name: string) => [Named, string]> = {
  'an unknown name': own => [{ ...own, weightXy: [1] }, 'weightXy'],
  'an unknown name alone': () => [{ weightXy: [1] }, 'weightXy'],
  'a wrong shape': (own, name) => [{ ...own, [name]: new Float32Array(12_345) }, name],
  nothing: (_, name) => [{ [name]: null }, name],
  'a number that is not finite': (own, name) => {
    const { data, shape } = own[name] as { data: Float32Array; shape: number[] };
    const values = data.slice();
    values[values.length - 1] = Number.NaN;
    return [{ [name]: { data: values, shape, stride: [shape[1] ?? 1, 1], offset: 0 } }, name];
  },
};
/** Ways in which a set as a whole can be wrong. */
const inAll: Record<string, (set: Tree) => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 3,
  text: () => 'params',
  'a tuple that is too long': set => (Array.isArray(set) ? [...set, {}] : [set]),
  'wrong nesting': set => (Array.isArray(set) ? { ...set } : [set]),
};
const someMisfit = fc.constantFrom(...Object.keys(inOne), ...Object.keys(inAll));

/**
 * A set with one mistake, in the layer that `pick` finds; undefined if no layer can have that one.
 */
function broken(set: Tree, misfit: string, pick: number): readonly [unknown, string] | undefined {
  if (misfit in inAll) return [inAll[misfit](set), 'weights'];
  const layers: [path: number[], own: Named][] = [];
  const walk = (tree: Tree, path: number[]): void => {
    if (Array.isArray(tree)) for (const [i, own] of tree.entries()) walk(own, [...path, i]);
    else if (Object.keys(tree).length) layers.push([path, tree as Named]);
  };
  walk(set, []);
  if (!layers.length) return undefined;
  const [path, own] = layers[pick % layers.length];
  const names = Object.keys(own);
  const [wrong, named] = inOne[misfit](own, names[pick % names.length]);
  const put = (tree: Tree, [i, ...rest]: readonly number[]): unknown =>
    i === undefined
      ? wrong
      : (tree as readonly Tree[]).map((member, j) => (i === j ? put(member, rest) : member));
  const where = path.map(i => `[${i}]`).join('');
  return [put(set, path), `weights${where} ${named}`];
}

function expectNamed(error: unknown, named: string): void {
  expect(error).toBeInstanceOf(RecurError);
  const { where, message } = error as RecurError;
  expect(where.startsWith('weights')).toBe(true);
  const [, parameter = ''] = named.split(' ');
  expect(message).toContain(parameter);
}

law(
  'a misfit is one error that names the parameter, after everything before it, the state told',
  [someNet, someMisfit, someSteps, someSeed],
  (spec, misfit, steps, seed) => {
    const net = netOf(spec);
    const wrong = broken(netOf(drawnAnew(spec, 1)).params as Tree, misfit, seed);
    if (!wrong) return;
    const [weights, source] = [new Subject(), new Subject<unknown>()];
    const [outputs, errors, states]: unknown[][] = [[], [], []];
    const state = (snapshot: Snapshot) => states.push(snapshot.state);
    source.pipe(recurOf(net, { weights, state }) as never).subscribe({
      next: y => outputs.push(y),
      error: error => errors.push(error),
      complete: () => errors.push('completed'),
    });
    const stream = signal(seed, spec.inputSize, steps);
    for (const x of stream) source.next(x);
    weights.next(wrong[0]);
    for (const x of stream) source.next(x);
    weights.next(net.params);
    const want = folded(net, stream);
    sameBits(outputs, want.outputs);
    expect(errors).toHaveLength(1);
    expectNamed(errors[0], wrong[1]);
    expect(states).toHaveLength(steps + 1);
    sameBits(states[steps], steps ? want.state : net.initialState());
    expect([weights.observed, source.observed]).toEqual([false, false]);
  },
);

law(
  'a stateful model throws at a misfit, and nothing has changed',
  [someNet, someMisfit, someSteps, someSeed],
  (spec, misfit, steps, seed) => {
    const [net, next] = [netOf(spec), netOf(drawnAnew(spec, 1))];
    const wrong = broken(next.params as Tree, misfit, seed);
    if (!wrong) return;
    const use = (m: { use(params: never): void }) => {
      try {
        m.use(wrong[0] as never);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const m = stateful(net);
    const stream = signal(seed, spec.inputSize, steps);
    const outputs = stream.map(x => {
      const y = m(x);
      const { state } = m;
      expectNamed(use(m), wrong[1]);
      sameBits(m.state, state);
      return y;
    });
    const { outputs: want, state } = folded(net, stream);
    sameBits(outputs, want);
    m.use(next.params as never);
    expectNamed(use(m), wrong[1]);
    sameBits(
      stream.map(x => m(x)),
      folded(next, stream, state).outputs,
    );
  },
);

law(
  'a misfit that comes in the middle of an event ends the stream once, with no answer to it',
  [someNet, fc.constantFrom('select', 'project'), someSteps, someSeed],
  (spec, where, steps, seed) => {
    const net = netOf(spec);
    const weights = new Subject();
    const source = new Subject<unknown>();
    const [outputs, errors]: unknown[][] = [[], []];
    let t = 0;
    const interrupt = <T>(value: T): T => {
      if (t++ === steps) weights.next('no parameters');
      return value;
    };
    const model = recurOf(net, { weights, [where]: interrupt });
    source
      .pipe(model as never)
      .subscribe({ next: y => outputs.push(y), error: error => errors.push(error) });
    const stream = signal(seed, spec.inputSize, steps + 2);
    for (const x of stream) source.next(x);
    sameBits(outputs, folded(net, stream.slice(0, steps)).outputs);
    expect(errors).toHaveLength(1);
    expectNamed(errors[0], 'weights');
  },
);

law('sets of nothing change nothing', [someNet, someSteps, someSeed], (spec, steps, seed) => {
  const net = netOf(spec);
  const nothing = (set: Tree): readonly Tree[] =>
    Array.isArray(set)
      ? [[], set.map(own => nothing(own)[0]), set.map(() => undefined) as never]
      : [{}];
  const sets = nothing(net.params as Tree);
  const m = stateful(net);
  const stream = signal(seed, spec.inputSize, steps);
  const outputs = stream.map((x, t) => {
    m.use(sets[t % sets.length] as never);
    return m(x);
  });
  sameBits(outputs, folded(net, stream).outputs);
});

test.each([
  [{ weightIh: [[1]] }, 'weights: expected a tuple of 2, as the params of '],
  [[{ weightIh: [1] }], 'weights[0].gru.weightIh: expected [9, 2] (3 gates × 3, input 2), got [1]'],
  [[{ weights: [1] }], 'weights[0].gru.params: expected'],
  [[{}, [1]], 'weights[1].dense: expected parameters by name, got '],
  [[{}, { bias: [Number.NaN] }], 'weights[1].dense.bias: expected finite float32 numbers, got NaN'],
  [[{}, {}, {}], 'weights: expected a tuple of 2, as the params of '],
  [undefined, 'weights: expected parameters, got undefined'],
])('%j is refused by name', (set, message) => {
  const model = chain(gru(2, 3), dense(3, 1));
  expect(() => stateful(model).use(set as never)).toThrow(message);
});

test('parameters for a plain function are refused', () => {
  const sum = stateful((h: number, x: number) => [h + x, h + x] as const, { initialState: 0 });
  const use = sum.use as (params: unknown) => void;
  expect(() => use({ weight: [1] })).toThrow(
    'weights: expected no parameters: a plain function has none, got an object',
  );
  use({});
  expect(sum(1)).toBe(1);
});

test('an error of weights is the output’s RecurError, and one at once subscribes to nothing else', () => {
  const broken = new Error('no weights');
  const [reset, source] = [new Subject(), new Subject<number[]>()];
  const errors: unknown[] = [];
  const weights = throwError(() => broken);
  source
    .pipe(recurOf(gru(1, 1), { weights, reset }) as never)
    .subscribe({ error: error => errors.push(error) });
  const told = 'RecurError: weights: expected parameter sets, got Error: no weights';
  expect(errors.map(String)).toEqual([told]);
  expect([reset.observed, source.observed]).toEqual([false, false]);
  const later = new Subject<never>();
  source
    .pipe(recurOf(gru(1, 1), { weights: later }) as never)
    .subscribe({ error: error => errors.push(error) });
  source.next([1]);
  later.error(broken);
  expect(errors.map(String)).toEqual([told, told]);
  expect(errors.map(error => (error as RecurError).cause)).toEqual([broken, broken]);
});

test('what is no observable is refused at the call', () => {
  for (const weights of [3, null, {}, () => of({})]) {
    expect(() => recur(gru(1, 1), { weights: weights as never })).toThrow(
      /^recur\.weights: expected an observable of parameter sets, got /,
    );
  }
});
