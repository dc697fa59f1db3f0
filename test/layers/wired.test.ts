import { describe, expect, test } from 'vitest';
import { denseCell, gru, gruCell, type lstm, lstmCell, recur, stateful } from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { backends } from '../../src/kernels/backends.js';
import { exposedCell } from '../../src/layers/exposed.js';
import { rolledWires } from '../../src/layers/rolled-wires.js';
import type { WiredSettings } from '../../src/layers/wired.js';
import { wiredRecordsCell as wiredCell } from '../../src/layers/wired-records.js';
import { runsOf } from '../../src/layers/wiring.js';
import type { AnyCell } from '../../src/streams/cell.js';
import { uniform } from '../golden/generate.js';

const lstmOf = () => lstmCell(3, 5, { seed: 1 });

const settings = {
  ...{ inputs: ['x'], inputSizes: [3], outputs: ['y'], outputSizes: [5] },
  ...{ states: ['s'], stateSizes: [10] },
  // Of the LSTM x, h and c; c comes first in the state.
  wires: [0, 0, 1, 3, 1, 5, 1, 5, 1, 0, 1, 5, 2, 0, 1, 5, 2, 10, 1, 5, 2, 5, 1, 5],
} satisfies WiredSettings;

/** An LSTM whose state is one vector of the layer around it. */
const kept = (own: WiredSettings = settings) => wiredCell(own, [exposedCell(lstmOf())]);

type Layer = ReturnType<typeof lstm>;
const layerOf = (cell: AnyCell) => recur(cell as never) as unknown as Layer;

const xs = Array.from({ length: 40 }, (_, t) => uniform(t, 3, 1));

/** Numbers in the other order, every second one, zeros, and one number three times. */
const moved = wiredCell(
  {
    ...{ inputs: ['x'], inputSizes: [40], outputs: ['y'], outputSizes: [67] },
    ...{ states: [], stateSizes: [] },
    wires: [0, 39, -1, 40, 0, 0, 2, 20, -1, 0, 0, 4, 0, 7, 0, 3],
  },
  [],
);

describe.each(backends())('wired on %s', backend => {
  test('keeps the state of a layer that is exposed, bit for bit', () => {
    const m = stateful(layerOf(kept()), { backend });
    const alone = stateful(lstmOf(), { backend });
    for (const x of xs) expect(m(x)).toEqual(alone(x));
    const { h, c } = alone.state as { h: Float32Array; c: Float32Array };
    expect(m.state).toEqual(Float32Array.of(...c, ...h));
  });

  test('gives the same bits in chunks and after a snapshot', () => {
    const m = stateful(layerOf(kept()), { backend });
    const ys = xs.map(x => m(x).slice());
    const half = stateful(layerOf(kept()), { backend });
    expect(half.map(xs.slice(0, 20))).toEqual(ys.slice(0, 20));
    const restore = JSON.parse(JSON.stringify(half.snapshot()));
    const again = stateful(load(save(layerOf(kept()))), { backend, restore });
    expect(again.map(xs.slice(20))).toEqual(ys.slice(20));
  });

  test('moves numbers in any order', () => {
    const x = Float32Array.from({ length: 40 }, (_, i) => i + 1);
    const odd = Array.from({ length: 20 }, (_, i) => 2 * i + 1);
    const wanted = [...[...x].reverse(), ...odd, 0, 0, 0, 0, 8, 8, 8];
    expect([...stateful(layerOf(moved), { backend })(x)]).toEqual(wanted);
  });

  test('takes several inputs and answers several outputs by name', () => {
    const cell = wiredCell(
      {
        ...{ inputs: ['a', 'b'], inputSizes: [2, 1], outputs: ['p', 'q'], outputSizes: [1, 3] },
        ...{ states: [], stateSizes: [], wires: [1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 2] },
      },
      [],
    );
    const m = stateful(recur(cell as never), { backend }) as unknown as (
      x: object,
    ) => Record<'p' | 'q', Float32Array>;
    const { p, q } = m({ a: [1, 2], b: [3] });
    expect([[...p], [...q]]).toEqual([[3], [3, 1, 2]]);
  });
});

test('is printed with its sizes, its states and its layers', () => {
  expect(String(kept())).toBe('Wired(3, 5, s=10, Exposed(Recur(LSTMCell(3, 5))))');
});

test('refuses wires that lead to nothing, do not fit or are left', () => {
  const refusal = (wires: readonly number[]) => () => kept({ ...settings, wires });
  const expected = 'wired.wires[0]: expected a run of at most 13 numbers of one of 2 sources, got ';
  expect(refusal([2, 0, 1, 13])).toThrow(`${expected}2, 0, 1, 13`);
  expect(refusal([0, 1, 1, 3])).toThrow(`${expected}0, 1, 1, 3`);
  expect(refusal([0, 0, -1, 3])).toThrow(`${expected}0, 0, -1, 3`);
  expect(refusal([1, 0, 0.5, 4])).toThrow(expected);
  expect(refusal([-1, 0, 1, 4])).toThrow(expected);
  expect(refusal([-1, 0, 0, 14])).toThrow(expected);
  expect(refusal([])).toThrow(expected);
  expect(refusal([...settings.wires, 0, 0, 1, 1])).toThrow(
    'wired.wires[24]: expected an end, got 0, 0, 1, 1',
  );
  const twice = { ...settings, inputs: ['x', 'x'], inputSizes: [3, 3] };
  expect(() => kept(twice)).toThrow("wired.inputs: expected every name once, got 'x, x'");
});

describe('runs that are repeated', () => {
  const ends = { inputs: ['x'], inputSizes: [12], outputs: ['y'], outputSizes: [16] };
  const own = { ...ends, states: [], stateSizes: [] };
  const wires = (last: number) => [
    0,
    11,
    1,
    1,
    [3, 0, 0, 1, 2, 4, -1, 0, 0, 1, 0, 0, 8, -4, 2, last],
  ];

  test('are those that they stand for', () => {
    const x = Float32Array.from({ length: 12 }, (_, i) => i + 1);
    const y = stateful(layerOf(wiredCell({ ...own, wires: wires(-1) }, [])))(x);
    expect([...y]).toEqual([12, 1, 2, 0, 9, 5, 5, 6, 0, 8, 4, 9, 10, 0, 7, 3]);
  });

  test('are refused where they lead to nothing, or are no runs', () => {
    const refusal = (entry: unknown) => () =>
      wiredCell({ ...own, wires: [0, 11, 1, 1, entry as number] }, []);
    expect(refusal(wires(-3)[4])).toThrow(
      'wired.wires[4]: expected a run of at most 2 numbers of one of 1 sources, got 0, 2, -4, 2',
    );
    const expected = 'wired.wires[4]: expected how often, and runs of five numbers, got ';
    for (const wrong of [
      [3],
      [3, 0, 0, 1, 2],
      [0, 0, 0, 1, 2, 0],
      [1.5, 0, 0, 1, 2, 0],
      {},
      'ab',
    ]) {
      expect(refusal(wrong)).toThrow(expected);
    }
    expect(refusal([1e9, 0, 0, 1, 2, 0])).toThrow(
      'wired.wires[4]: expected at most 262144 more repeated runs, got 1000000000',
    );
    const more = { ...own, outputSizes: [6], wires: wires(-1) };
    expect(() => wiredCell(more, [])).toThrow('wired.wires[4]: expected an end, got 0, 4, 1, 2');
  });

  test('are found, and stand for the runs that were given', () => {
    const band = (k: number) => [
      [0, 4 * k, 1, 2],
      [-1, 0, 0, 1],
      [0, 8 - k, -4, 2],
    ];
    const runs = [[0, 11, 1, 1], ...[0, 1, 2].flatMap(band)];
    expect(rolledWires(runs)).toEqual(wires(-1));
    for (let seed = 1; seed <= 200; seed++) {
      const random = uniform(seed, 60, seed).map(v => Math.abs(v) % 1);
      const some = Array.from({ length: 30 }, (_, i) => [
        ...[random[2 * i] > 0.5 ? 0 : -1, Math.floor(random[2 * i + 1] * 3), 1, 1],
      ]);
      expect([...runsOf(rolledWires(some))].map(([run]) => run)).toEqual(some);
    }
  });
});

test('a state does not fit a network of other wires, and fits one of the same wires', () => {
  const snapshot = stateful(layerOf(kept())).snapshot();
  // c and h change places in the state.
  const wires = [...settings.wires.slice(0, 16), 2, 5, 1, 10];
  const other = stateful(layerOf(kept({ ...settings, wires })));
  expect(() => other.restore(snapshot)).toThrow('snapshot');
  const rolled = [0, 0, 1, 3, [2, 1, 5, 1, 5, -5], 2, 0, 1, 5, [2, 2, 10, 1, 5, -5]];
  const same = stateful(layerOf(kept({ ...settings, wires: rolled })));
  expect(() => same.restore(snapshot)).not.toThrow();
});

test('refuses layers that keep a state themselves', () => {
  const one = { ...settings, states: [], stateSizes: [], wires: [0, 0, 1, 3, 1, 0, 1, 5] };
  expect(() => wiredCell(one, [gruCell(3, 5)])).toThrow(
    "wired[0]: expected a layer of single steps without state, got 'Recur(GRUCell(3, 5))'",
  );
  expect(wiredCell(one, [denseCell(3, 5)]).outputSize).toBe(5);
});

test('exposed refuses a layer that begins at a state of its own', () => {
  const begun = recur(gruCell(3, 5), { initialState: [1, 2, 3, 4, 5] });
  expect(() => exposedCell(begun as never)).toThrow('exposed: expected a layer of equations');
  expect(() => exposedCell(gru(3, 5) as never)).not.toThrow();
});
