import { expect, test } from 'vitest';
import { type AnyCell, defineCell } from '../../../src/core.js';
import { writeOnnx } from '../../../src/io/onnx/index.js';

test.each([
  [
    defineCell('Masked', "h' = W_h x + W_m m", { inputs: { x: 'input', m: 'mask' } })(
      { x: 2, m: 3 },
      4,
    ),
    'MaskedCell({x: 2, m: 3}, 4)',
  ],
  [
    defineCell('Two', "h' = W_h x + U_h h\nz = -h'", { outputs: ['z', 'h'] })(2, 4),
    'TwoCell(2, 4)',
  ],
])('%s of several inputs or outputs is refused by name', (cell, text) => {
  const message = `writeOnnx: expected layers of equations that begin at zeros, got ${text} of several`;
  expect(() => writeOnnx(cell as unknown as AnyCell)).toThrow(message);
});
