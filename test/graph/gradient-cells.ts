import {
  batchNormCell,
  type Declarations,
  defineCell,
  denseCell,
  fastGrnnCell,
  fastRnnCell,
  gruCell,
  indRnnCell,
  janetCell,
  layerNormCell,
  lemCell,
  liGruCell,
  lstmCell,
  mguCell,
  minGruCell,
  peepholeLstmCell,
  preluCell,
  rnnCell,
  softmaxCell,
  starCell,
  ugrnnCell,
} from '../../src/core.js';
import type { PortCell } from '../../src/streams/cell.js';
import { oddCell, oddTexts } from './texts.js';

/** Texts made to be nasty. */
const nasty: readonly (readonly [string, Declarations])[] = [
  // Numbers beside vectors, numbers inside functions, and all reductions.
  [
    `a = W_a x + U_a h
m = max(a) + mean(a * a) * k
s = sum(exp(a - m))
h' = tanh(k * a - sqrt(s)) * sigmoid(k + m)
y = elu(h' - s) + softsign(a * v)`,
    { scalars: { k: 0.5 }, vectors: { v: 0.3 } },
  ],
  // Several inputs and outputs, of several sizes, and a vector of the input's size.
  [
    `i = σ(W_i x + W_g d + U_i h)
h' = i * h + (1 - i) * tanh(W_n (x * m * r))
g = i * h'`,
    {
      inputs: { x: 'input', m: 'input', d: 'elapsed' },
      outputs: ['h', 'g'],
      vectors: { r: 1 },
      sizes: { r: 'input' },
    },
  ],
  // A parameter alone inside a function, and a state that another one is made of.
  ["c' = sigmoid(z) * c + W_c x\nh' = tanh(c' * c + w) * sigmoid(z)", { vectors: { z: 1, w: 0 } }],
  // A function of the cell's own by the name of one that derivatives are made of.
  ["h' = sigmoid(softplus(W_h x + U_h h))", { activations: { sigmoid: 'tanh' } }],
];

const nastyCells = nasty.map(([text, declarations]) => {
  const make = defineCell('Nasty', text, declarations);
  const isSeveral = declarations.inputs !== undefined;
  return make((isSeveral ? { x: 3, m: 3, d: 2 } : 3) as never, 4);
});

/** Cells whose gradients are tried: all built-in ones, in their variants, and odd texts. */
export const gradientCells: readonly PortCell[] = [
  rnnCell(3, 4),
  rnnCell(3, 4, { activation: 'relu', bias: false }),
  lstmCell(3, 4),
  lstmCell(3, 4, { clip: 0.4 }),
  gruCell(3, 4),
  gruCell(3, 4, { resetGate: 'before' }),
  peepholeLstmCell(3, 4),
  ...[mguCell, minGruCell, liGruCell, ugrnnCell, janetCell, starCell].map(make => make(3, 4)),
  ...[lemCell, indRnnCell, fastRnnCell, fastGrnnCell, denseCell].map(make => make(3, 4)),
  ...[layerNormCell, softmaxCell, preluCell, batchNormCell].map(make => make(4)),
  ...oddTexts.map(oddCell),
  ...nastyCells,
] as unknown as readonly PortCell[];
