import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { NdView } from '../../src/arrays/ndarray.js';
import {
  chain,
  chainCell,
  dense,
  denseCell,
  gru,
  gruCell,
  lstm,
  type Member,
  RecurError,
  recur,
  rnn,
  rnnCell,
  stateful,
  tap,
} from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { chainOf, recurOf } from '../laws/nets.js';

const seeded = { seed: 1 };

describe('members', () => {
  test('are layers, cells and stateless functions, in any mixture', () => {
    const double = (y: Float32Array) => y.map(v => 2 * v);
    const model = chain(rnn(1, 3, seeded), gruCell(3, 2, seeded), double, denseCell(2, 1, seeded));
    expect(String(model)).toBe(
      'Chain(Recur(RNNCell(1, 3, tanh)), Recur(GRUCell(3, 2)), double, Dense(2, 1))',
    );
    const [rnnState, gruState] = [stateful(rnn(1, 3, seeded)), stateful(gru(3, 2, seeded))];
    const wanted = stateful(dense(2, 1, seeded))(double(gruState(rnnState([0.5]))));
    expect(stateful(model)([0.5])).toEqual(wanted);
  });

  test('are described by the chain: sizes, states and params', () => {
    const model = chain(lstm(2, 3, seeded), (y: Float32Array) => y, dense(3, 1, seeded));
    const { inputSize, outputSize, hiddenSize } = model;
    expect([inputSize, outputSize, hiddenSize]).toEqual([2, 1, 3]);
    expect(model.params.map(params => Object.keys(params))).toEqual([
      ['weightIh', 'weightHh', 'biasIh', 'biasHh'],
      [],
      ['weight', 'bias'],
    ]);
    expect(model.initialState()).toEqual([
      { h: new Float32Array(3), c: new Float32Array(3) },
      undefined,
      undefined,
    ]);
    expect(chain(rnn(1, 2), rnn(2, 4)).hiddenSize).toBe(6);
  });

  test('bring their own initial states', () => {
    const model = chain(
      recur(rnnCell(1, 1, seeded), { initialState: [5] }),
      recur((n: number, y: Float32Array) => [n + 1, y] as const, { initialState: 7 }),
    );
    expect(model.initialState()).toEqual([Float32Array.of(5), 7]);
  });

  test('of a plain function know no size: what comes next is checked as it arrives', () => {
    const model = chain(rnn(1, 3), (y: Float32Array) => y.slice(1), dense(3, 1));
    expect(() => stateful(model)([1])).toThrow(
      'chain[2].dense.x: expected [3] or [3, batch], got [2]',
    );
  });

  test('with a configuration of a stream are refused by name', () => {
    const layer = rnn(1, 2);
    const configs = {
      reset: [],
      select: () => 1,
      project: () => 1,
      state: () => {},
      restore: stateful(layer).snapshot(),
      chunks: true,
      onInvalid: 'skip',
      backend: 'portable',
      reuse: true,
    };
    for (const [name, value] of Object.entries(configs)) {
      const member = recurOf(layer, { [name]: value }) as Member;
      const message = `chain[1]: expected a member without configuration of a stream, got one with ${name}; give it to recur(chain(…), config) instead`;
      expect(() => chainOf([layer, member])).toThrow(RecurError);
      expect(() => chainOf([layer, member])).toThrow(message);
      expect(() => chainOf([chainOf([member]), layer])).toThrow('chain[0]');
    }
  });

  test('with options that are undefined are no different from members without', () => {
    const member = recurOf(rnn(1, 2), { reset: undefined, select: undefined }) as Member;
    expect(String(chainOf([member]))).toBe('Chain(Recur(RNNCell(1, 2, tanh)))');
  });

  test('that are stateful functions, or no members at all, are refused', () => {
    const accumulate = (h: number, x: number) => [h + x, x];
    expect(() => chainOf([accumulate as never])).toThrow(
      'chain[0]: expected a layer, a cell or a stateless function x => y, got the function accumulate of 2 parameters; a plain stateful function enters as recur(fn, { initialState })',
    );
    for (const wrong of [undefined, null, 5, 'rnn', {}, []]) {
      expect(() => chainOf([rnn(1, 2), wrong as never])).toThrow(RecurError);
    }
    expect(() => chainOf([])).toThrow('chain: expected at least one member, got none');
  });

  test('of sizes that disagree are refused by place, through nested chains too', () => {
    const disagree = [
      [[rnn(1, 2), gru(3, 4)], 'chain[1]: expected input size 2'],
      [[rnn(1, 2), dense(2, 5), gru(3, 4)], 'chain[2]: expected input size 5'],
      [[rnn(1, 2), chainOf([dense(3, 2)])], 'chain[1]: expected input size 2'],
      [[chainOf([rnn(1, 2), dense(2, 7)]), dense(3, 2)], 'chain[1]: expected input size 7'],
    ] as const;
    for (const [members, message] of disagree) expect(() => chainOf(members)).toThrow(message);
  });
});

describe('a chain', () => {
  test('of one is that one, with a tuple of one for a state', () => {
    const layer = gru(1, 2, seeded);
    const m = stateful(chain(layer));
    expect(m([1])).toEqual(stateful(layer)([1]));
    expect(m.state).toHaveLength(1);
  });

  test('is a cell as well: h, y = cell(h, x)', () => {
    const cell = chainCell(lstm(1, 2, seeded), denseCell(2, 1, seeded));
    const m = stateful(cell);
    const [h1, y1] = cell(undefined, [1]);
    const [h2, y2] = cell(h1, [2]);
    expect([y1, y2]).toEqual([m([1]), m([2])]);
    expect(h2).toEqual(m.state);
    expect(chain(lstm(1, 2, seeded), dense(2, 1, seeded)).cell(undefined, [1])).toEqual([h1, y1]);
  });

  test('names the member in its errors', () => {
    const nested = chain(
      rnn(1, 2),
      chain((y: Float32Array) => y, fail),
    );
    function fail(): never {
      throw new Error('no');
    }
    expect(() => stateful(nested)([1])).toThrow(
      'chain[1].chain[1].a member: expected a return, got Error: no',
    );
    expect(() => stateful(nested)([Number.NaN])).toThrow('chain[0].rnn.x: expected finite numbers');
  });

  test.each(backends())('on %s names the one that is given no finite number', backend => {
    const huge = dense(1, 1, { params: { weight: [3e38], bias: [0] } });
    const options = { backend };
    const columns = (...data: number[]) => new NdView(Float32Array.from(data), [1, 2]);
    const message = 'chain[1].dense.x: expected finite numbers, got Infinity at [0]';
    expect(() => stateful(chain(huge, dense(1, 1)), options)([2])).toThrow(message);
    expect(() => stateful(chain(huge, dense(1, 1)), options)(columns(1, 2))).toThrow(message);
  });

  test('may begin and end with functions of the user: any event in, anything out', () => {
    const model = chain(
      ({ volts }: { volts: number }) => [volts],
      rnn(1, 1, seeded),
      (y: Float32Array) => (y[0] > 0 ? 'up' : 'down'),
    );
    const outputs: string[] = [];
    from([{ volts: 1 }, { volts: -1 }])
      .pipe(model)
      .subscribe(y => outputs.push(y));
    expect(outputs.sort()).toEqual(['down', 'up']);
  });

  test('gives a function what it can keep: each time another array', () => {
    const kept: Float32Array[] = [];
    const keep = (y: Float32Array) => {
      kept.push(y);
      return y;
    };
    for (const model of [
      chain(gru(1, 2, seeded), keep, dense(2, 1)),
      chain(gru(1, 2, seeded), chain(keep, dense(2, 1))),
      chain(gru(1, 2, seeded), chain(tap('y'), keep)),
      chain(chain(gru(1, 2, seeded), keep)),
    ]) {
      kept.length = 0;
      stateful(model).map([[1], [2], [3]]);
      expect(new Set(kept).size).toBe(3);
      expect(kept).toEqual(stateful(gru(1, 2, seeded)).map([[1], [2], [3]]));
    }
  });

  test('of a batch refuses another size, with both sizes', () => {
    const batch = (n: number) => new NdView(new Float32Array(n), [1, n]);
    const m = stateful(chain(rnn(1, 2), dense(2, 1)));
    m(batch(2));
    expect(() => m(batch(3))).toThrow(
      'chain[0].rnn.x: expected a batch of 2, got a batch of 3; the first datum fixes the batch size; reset before another',
    );
    expect(() => m([1])).toThrow('chain[0].rnn.x: expected a batch of 2, got a vector');
    m.reset();
    m([1]);
    expect(() => m(batch(1))).toThrow('chain[0].rnn.x: expected a vector, got a batch of 1');
  });
});
