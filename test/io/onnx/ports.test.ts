import { expect, test } from 'vitest';
import { chainCell, defineCell, eachCell, gruCell, lemCell, stateful } from '../../../src/core.js';
import { encodeModel } from '../../../src/io/onnx/encode.js';
import { readOnnx, writeOnnx } from '../../../src/io/onnx/index.js';
import { readModel } from '../../../src/io/onnx/proto.js';
import { writtenGraph } from '../../../src/io/onnx/write-onnx.js';

// test/onnx/check.mjs runs such files in onnxruntime.

const masked = defineCell('Masked', "h' = W_h x + W_m m + U_h h\nz = -h'", {
  inputs: { x: 'input', m: 'mask' },
  outputs: ['z', 'h'],
});

/** A cell's file whose metadata say nothing. */
const anonymous = (cell: unknown) => encodeModel(writtenGraph(cell as never));

/** The inputs and the outputs of a file. */
function valuesOf(bytes: Uint8Array) {
  const { graph } = readModel(bytes);
  return [graph?.inputs ?? [], graph?.outputs ?? []].map(values =>
    values.map(({ name, dims }) => `${name} [${dims?.join(', ')}]`),
  );
}

test('inputs and outputs have the names of their ports', () => {
  expect(valuesOf(writeOnnx(masked({ x: 2, m: 3 }, 4)))).toEqual([
    ['x [batch, 2]', 'm [batch, 3]', 'h0 [batch, 4]'],
    ['hN [batch, 4]', 'z [batch, 4]', 'h [batch, 4]'],
  ]);
});

test('a state that has the name of an input is called otherwise', () => {
  const cell = defineCell('Taken', "h' = W_h x + W_k h0 + U_h h", {
    inputs: { x: 'input', h0: 'other' },
  });
  const [inputs] = valuesOf(writeOnnx(cell({ x: 2, h0: 3 }, 4)));
  expect(inputs).toEqual(['x [batch, 2]', 'h0 [batch, 3]', 'h0_2 [batch, 4]']);
});

test('a file of several inputs and outputs is read back, its state found', () => {
  const cell = masked({ x: 2, m: 3 }, 4);
  const [own, read] = [stateful(cell), stateful(readOnnx(anonymous(cell)) as never)];
  for (const k of [1, 2, 3]) {
    const event = { x: [k, -k / 2], m: [0.5, k / 4, -1] };
    const [wanted, answer] = [own(event), read(event as never)] as unknown as Record<
      string,
      Float32Array
    >[];
    expect(Object.keys(answer)).toEqual(Object.keys(wanted));
    for (const [name, y] of Object.entries(wanted)) {
      const off = [...y].map((v, i) => Math.abs(v - answer[name][i]));
      expect(Math.max(...off)).toBeLessThan(1e-6);
    }
  }
});

test('states of rows lie side by side, a batch is as long as the input’s', () => {
  const rows = eachCell(3, eachCell(2, gruCell(1, 4)));
  expect(valuesOf(writeOnnx(rows))).toEqual([
    ['x [steps, batch, 6]', '0.0.h0 [1, batch, 24]'],
    ['0.0.hN [1, batch, 24]', 'y [steps, batch, 24]'],
  ]);
  const steps = chainCell(eachCell(3, lemCell(1, 2)), gruCell(6, 2));
  expect(valuesOf(writeOnnx(steps))[0]).toEqual([
    ...['x [batch, 3]', '0.0.h0 [batch, 6]', '0.0.c0 [batch, 6]', '1.h0 [batch, 2]'],
  ]);
});
