import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { isNdArray } from '../../src/arrays/ndarray.js';
import { type NdArray, recur, snapshotFromBytes, stateful, type Vec } from '../../src/index.js';
import { byName } from '../cells/kinds.js';
import { type Case, folder, present } from './cases.js';
import { burnCases, smallCases } from './goldens.js';
import { keras2Cases, keras3Cases, kerasWholeCases } from './keras.js';
import { webnnCases } from './webnn.js';

const sources: Readonly<Record<string, readonly Case[]>> = present
  ? {
      webnn: webnnCases(),
      keras2: keras2Cases(),
      keras3: keras3Cases(),
      'goldens/small': smallCases(),
      'goldens/burn': burnCases(),
    }
  : {};
const cases = Object.values(sources).flat();
const wholeCases = present ? kerasWholeCases() : [];

/** A case's steps: vectors for one sequence, `[features, batch]` ndarrays for several. */
function stepsOf({ inputs }: Case): Vec[] {
  const [{ length: batch }, { length: features }] = [inputs, inputs[0][0]];
  return inputs[0].map((alone, t) => {
    if (batch === 1) return Float32Array.from(alone);
    const data = inputs.flatMap(steps => steps[t]);
    return { data, shape: [features, batch], stride: [1, features], offset: 0 };
  });
}

/** All of a case's steps as one ndarray `[features, steps]` or `[features, steps, batch]`. */
function arrayOf({ inputs }: Case): NdArray {
  const [{ length: batch }, { length: steps }, { length: features }] = [
    inputs,
    inputs[0],
    inputs[0][0],
  ];
  const shape = [features, steps, batch];
  const stride = [1, features, steps * features];
  const data = Float64Array.from(inputs.flat(2));
  const axes = batch === 1 ? 2 : 3;
  return { data, shape: shape.slice(0, axes), stride: stride.slice(0, axes), offset: 0 };
}

/** The state where a case begins, in the form that `initialState` takes. */
function beginning({ initialState, inputs }: Case) {
  if (!initialState) return {};
  const arrays = Object.entries(initialState).map(([name, rows]): [string, Vec] => {
    const [{ length: batch }, { length: units }] = [rows, rows[0]];
    if (inputs.length === 1) return [name, [...rows[0]]];
    return [name, { data: rows.flat(), shape: [units, batch], stride: [1, units], offset: 0 }];
  });
  const state = arrays.length === 1 ? arrays[0][1] : Object.fromEntries(arrays);
  return { initialState: state as never };
}

const start = (one: Case) => stateful(one.cell, beginning(one));

/** An output or a state as rows `[batch][units]`. */
function rowsOf(value: Vec): number[][] {
  if (!isNdArray(value)) return [[...(value as Float32Array)]];
  const { data, shape, stride, offset } = value;
  return Array.from({ length: shape[1] }, (_, j) =>
    Array.from({ length: shape[0] }, (_, i) => data[offset + i * stride[0] + j * stride[1]]),
  );
}

const numbers = (ys: readonly unknown[]) => ys.map(y => rowsOf(y as Vec));

if (present) describe('published cases', conforms);
else {
  process.stdout.write(`conformance was not checked: there are no published cases at ${folder}\n`);
  test.skip(`the published cases are not at ${folder}`, () => {});
}

function conforms(): void {
  test('are all there', () => {
    const counts = Object.entries(sources).map(([name, { length }]) => [name, length]);
    expect(Object.fromEntries(counts)).toEqual({
      webnn: 11,
      keras2: 15,
      keras3: 14,
      'goldens/small': 5,
      'goldens/burn': 2,
    });
    expect(wholeCases.length).toBe(13);
  });

  describe.each(cases.map(one => [one.name, one] as const))('%s', (_, one) => {
    const steps = stepsOf(one);

    test('gives the published numbers', () => {
      const model = start(one);
      let checked = 0;
      for (const [t, x] of steps.entries()) {
        const seen = { y: model(x), ...states(one, model.state) };
        for (const { step, of, values } of one.expected) {
          if (step !== t) continue;
          checked += 1;
          const got = rowsOf(Reflect.get(seen, of) as Vec);
          expect(got.map(({ length }) => length)).toEqual(values.map(({ length }) => length));
          const off = got.flatMap((row, j) => row.map((v, i) => Math.abs(v - values[j][i])));
          expect(Math.max(...off), `${of} after step ${t}`).toBeLessThanOrEqual(one.tolerance);
        }
      }
      expect(checked).toBe(one.expected.length);
    });

    test('gives the same bits however it is cut, resumed, reset or mixed', () => {
      const whole = start(one).map(steps);
      const wanted = numbers(whole);
      const model = start(one);
      expect(numbers(steps.map(x => model(x)))).toEqual(wanted);
      const final = model.state;
      model.reset();
      expect(numbers(steps.map(x => model(x)))).toEqual(wanted);

      const chunked: unknown[] = [];
      const chunks = [steps.slice(0, 1), [], steps.slice(1, 3), steps.slice(3)];
      from(chunks)
        .pipe(recur(one.cell, { ...beginning(one), chunks: true }))
        .subscribe(ys => chunked.push(...ys));
      expect(numbers(chunked)).toEqual(wanted);

      let bytes = start(one).snapshot().toBytes();
      const resumed = steps.map(x => {
        const next = stateful(one.cell, { restore: snapshotFromBytes(bytes) });
        const y = next(x);
        bytes = next.snapshot().toBytes();
        return y;
      });
      expect(numbers(resumed)).toEqual(wanted);
      expect(snapshotFromBytes(bytes).state).toEqual(final);

      const other = stateful(one.cell);
      const mixed = start(one);
      const interleaved = steps.map((x, t) => {
        other(steps[steps.length - 1 - t]);
        return mixed(x);
      });
      expect(numbers(interleaved)).toEqual(wanted);
    });

    test('gives the same bits as one ndarray, and column by column', () => {
      const wanted = numbers(start(one).map(steps));
      const all = start(one).map(arrayOf(one)) as NdArray;
      const { data, shape, stride, offset } = all;
      for (const [t, rows] of wanted.entries()) {
        for (const [j, column] of rows.entries()) {
          const at = offset + t * stride[1] + j * (stride[2] ?? 0);
          const got = Array.from({ length: shape[0] }, (_, i) => data[at + i * stride[0]]);
          expect(got).toEqual(column);
        }
      }
      for (const [j, sequence] of one.inputs.entries()) {
        const { initialState = {} } = one;
        const states = Object.entries(initialState).map(([name, rows]) => [name, [rows[j]]]);
        const alone: Case = {
          ...one,
          inputs: [sequence],
          initialState: Object.fromEntries(states),
        };
        const { initialState: _, ...zeros } = alone;
        const single = one.initialState ? alone : zeros;
        const ys = start(single).map(stepsOf(single));
        expect(numbers(ys).map(([row]) => row)).toEqual(wanted.map(rows => rows[j]));
      }
    });
  });
}

describe.each(wholeCases.map(one => [one.name, one] as const))('%s, whole', (_, one) => {
  const { cell, inputs, expected, half, tolerance } = one;

  test('gives the published numbers', () => {
    const got = inputs.map(steps => numbers(stateful(cell).map(steps.map(x => [...x]))));
    for (const [j, sequence] of got.entries()) {
      const rows = sequence.map(([row]) => {
        const width = row.length / 2;
        return half === undefined ? row : row.slice(half * width, (half + 1) * width);
      });
      expect(rows.map(({ length }) => length)).toEqual(expected[j].map(({ length }) => length));
      const off = rows.flatMap((row, t) => row.map((v, i) => Math.abs(v - expected[j][t][i])));
      expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
    }
  });

  test('gives the same bits as a chunk of a stream, each from the initial state', () => {
    const wanted = inputs.map(steps => stateful(cell).map(steps.map(x => [...x])));
    const chunks: unknown[] = [];
    from(inputs.map(steps => steps.map(x => [...x])))
      .pipe(recur(cell, { chunks: true }))
      .subscribe(ys => chunks.push(ys));
    expect(chunks).toEqual(wanted);
  });

  test('refuses a single step, and says why', () => {
    const step = () => stateful(cell)([...inputs[0][0]]);
    expect(step).toThrow(/expected a whole sequence.*, got one step of a stream; it /);
  });
});

/** A state by the names of its variables. */
function states({ cell }: Case, state: unknown): Record<string, unknown> {
  const names = Object.keys(byName(cell, cell.initialState()));
  return names.length === 1 ? { [names[0]]: state } : (state as Record<string, unknown>);
}
