import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stateful } from '../../../src/core.js';
import { ruleOf } from '../../../src/io/onnx/attribute-rules.js';
import { readOnnx } from '../../../src/io/onnx/index.js';
import { operators } from '../../../src/io/onnx/operators.js';
import { newestSet } from '../../../src/io/onnx/standard.js';
import {
  setsOf,
  standardNames,
  standardOperator,
} from '../../../src/io/onnx/standard-operators.js';
import { refusal } from '../files.js';
import { float, int, lone, refused } from './refused-attributes.js';

/** Of test/onnx/attributes.mjs: what onnxruntime answers. */
interface Golden {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly cases: readonly Case[];
}

interface Input {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** The axes of steps and of features; null: all of it is one event. */
  readonly steps: number | null;
  readonly features: number;
}

interface Case {
  readonly name: string;
  readonly operator: string;
  readonly attribute: string;
  readonly input: string;
  readonly model: string;
  readonly output: readonly number[];
}

const path = fileURLToPath(new URL('../../golden/onnx-attributes.json', import.meta.url));
const golden: Golden = JSON.parse(readFileSync(path, 'utf8'));

/** An input as events: vectors along the axis of features. */
function events({ shape, data, steps, features }: Input): number[][] {
  const stride = (axis: number) => shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = steps === null ? 1 : shape[steps];
  return Array.from({ length: count }, (_, t) =>
    Array.from({ length: shape[features] }, (__, i) => {
      return data[t * (steps === null ? 0 : stride(steps)) + i * stride(features)];
    }),
  );
}

/** Row-major output of `[…, steps]`: ours has the features of a step together. */
function rows({ output, input }: Case, count: number): readonly number[] {
  if (input !== 'channels' || count < 2 || output.length % count) return output;
  const size = output.length / count;
  return output.map((_, i) => output[(i % size) * count + Math.floor(i / size)]);
}

test.each(golden.cases)("$name is onnxruntime's", one => {
  const model = readOnnx(new Uint8Array(Buffer.from(one.model, 'base64')));
  const ys = stateful(model).map(events(golden.inputs[one.input])) as unknown as Float32Array[];
  const wanted = rows(one, ys.length);
  // One answer to a sequence: ours comes after each step, too.
  const last = ys.flatMap(y => [...y]).slice(-wanted.length);
  const off = last.map((y, i) => Math.abs(y - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
  expect(last.length).toBe(wanted.length);
  expect(Math.max(...off)).toBeLessThanOrEqual(1e-6);
});

describe('the table of attributes', () => {
  test('has every operator that is read', () => {
    const names = new Set(standardNames());
    expect(Object.keys(operators).filter(name => !names.has(name))).toEqual([]);
  });

  test('is the list of operators on the page, and its newest set the one there', () => {
    const page = readFileSync(
      fileURLToPath(new URL('../../../docs/onnx.md', import.meta.url)),
      'utf8',
    );
    const [section] = page.split('\n## What is read\n')[1].split('\n## ');
    const cells = section.split('\n').flatMap(line => /^\| (`[^|]+) \|/.exec(line)?.[1] ?? []);
    const listed = cells.flatMap(cell => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(listed.sort()).toEqual([...standardNames()].sort());
    expect(section).toContain(`operator sets 1 to ${newestSet},`);
  });

  test('has no attribute that is neither exercised nor refused by name', () => {
    const exercised = new Set([
      ...golden.cases.map(({ operator, attribute }) => `${operator}.${attribute}`),
      ...refused.map(([name]) => name),
      // Held against layout 0 (recurrent.test.ts): onnxruntime does not run it.
      ...['RNN.layout', 'GRU.layout', 'LSTM.layout'],
      // Of a newer set than onnxruntime has (functions.test.ts).
      'Swish.alpha',
      // Of graphs of one step: see whole.test.ts.
      ...['auto_pad', 'dilations', 'group', 'kernel_shape', 'output_padding', 'output_shape'].map(
        name => `ConvTranspose.${name}`,
      ),
      ...['pads', 'strides'].map(name => `ConvTranspose.${name}`),
      ...['If.else_branch', 'If.then_branch', 'InstanceNormalization.epsilon'],
      'ScatterND.reduction',
      // Loops have bodies: see loops.test.ts and onnx-loops.json.
      ...['Loop.body', 'Scan.body', 'Scan.directions', 'Scan.num_scan_inputs'],
      ...['Scan.scan_input_axes', 'Scan.scan_input_directions'],
      ...['Scan.scan_output_axes', 'Scan.scan_output_directions'],
      ...['ConcatFromSequence.axis', 'ConcatFromSequence.new_axis', 'SequenceEmpty.dtype'],
      // No file can be written with it but by hand: see below.
      'Constant.sparse_value',
    ]);
    const all = standardNames().flatMap(operator =>
      setsOf(operator).flatMap(set => {
        return [...(standardOperator(operator, set)?.attributes.keys() ?? [])].map(attribute => ({
          operator,
          attribute,
          set,
        }));
      }),
    );
    // Hints of the oldest sets, which no runtime of today runs.
    const isOld = ({ operator, attribute }: (typeof all)[number]) =>
      ruleOf(operator, attribute) === 'idle' &&
      !standardOperator(operator, 7)?.attributes.has(attribute);
    const left = all.filter(one => !isOld(one)).map(one => `${one.operator}.${one.attribute}`);
    expect([...new Set(left)].filter(name => !exercised.has(name))).toEqual([]);
    expect(left.length).toBeGreaterThan(200);
  });
});

describe.each(standardNames())('%s', operator => {
  const sets = setsOf(operator).filter(set => set > 0);

  test('with an attribute that it has not is refused by its name', () => {
    for (const set of sets) {
      const message = `the attribute 'colour', which ${operator} of operator set ${set} has not`;
      expect(refusal(() => readOnnx(lone(operator, set, { colour: int(1) })))).toContain(message);
    }
  });

  test('with an attribute of another type is refused by its name', () => {
    for (const set of sets) {
      for (const [name, { type }] of standardOperator(operator, set)?.attributes ?? []) {
        const value = type === 'int' ? float(1) : int(1);
        const message = `the attribute '${name}' of type ${type === 'int' ? 'float' : 'int'}, not ${type}`;
        expect(refusal(() => readOnnx(lone(operator, set, { [name]: value })))).toContain(message);
      }
    }
  });

  test('with an attribute of another operator set is refused by its name', () => {
    for (const set of sets) {
      const own = standardOperator(operator, set)?.attributes;
      const others = sets.flatMap(other => [
        ...(standardOperator(operator, other)?.attributes ?? []),
      ]);
      for (const [name] of others.filter(([other]) => !own?.has(other))) {
        const message = `the attribute '${name}', which ${operator} of operator set ${set} has not`;
        expect(refusal(() => readOnnx(lone(operator, set, { [name]: int(1) })))).toContain(message);
      }
    }
  });
});
