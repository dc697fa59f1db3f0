import fc from 'fast-check';
import {
  type AnyCell,
  chain,
  defineCell,
  type Layer,
  type Member,
  recur,
} from '../../src/index.js';
import { projectedLstmCell } from '../cells/kinds.js';
import { kindNames, membersOf } from '../laws/nets.js';

type Options = Readonly<Record<string, unknown>>;
type Make = (inputSize: number, size: number, options: never) => AnyCell;
export type AnyLayer = Layer<unknown, number, number, unknown, unknown>;

/** Cells of a user's own that between them use all of the language, and options for each. */
const owns: readonly [cell: Make, options: readonly Options[]][] = [
  [projectedLstmCell, [{ projectionSize: 2 }, { projectionSize: 3, clip: 0.5, bias: false }]],
  [
    defineCell('Leaky', "n = squash(W_n x + U_n h)\nh' = (1 - rate) * h + rate * n", {
      constants: { rate: 0.1 },
      activations: { squash: { name: 'scaledTanh', alpha: 1.7159, beta: 2 / 3 } },
      variant: 'form=leaky',
    }),
    [{}, { rate: -0 }, { rate: 1e-300 }, { squash: { name: 'elu', alpha: 0.3 }, clip: 2 }],
  ],
  [
    defineCell(
      'Mixed',
      `
      a  = sigmoid(s * (W x) + v - 0.5)
      b' = a * b + -φ(h * b)
      h' = exp(-a) * h + softsign(b')
      y  = 2 * h' - b'
      `,
      { vectors: { v: 0.25 }, scalars: { s: -1 }, activations: { φ: 'identity' } },
    ),
    [{}, { activation: { name: 'hardSigmoid', alpha: 0.25 } }, { activation: 'thresholdedRelu' }],
  ],
  [defineCell('Gated dense', 'y = φ(W_a x) * σ(W_b x)'), [{}, { gateActivation: 'relu' }]],
  [defineCell('Bare', "h' = h + φ(h)"), [{}, { activation: 'softplus' }]],
];

/** A cell to build: which one, and what of it. */
type Leaf = { readonly pick: number; readonly option: number; readonly size: number };
type Tree = Leaf | readonly Tree[];

const leaf = fc.record({
  pick: fc.nat({ max: kindNames.length + owns.length - 1 }),
  option: fc.nat({ max: 3 }),
  size: fc.constantFrom(1, 2, 3, 5),
});

const someTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; chain: Tree[] }>(tie => ({
  tree: fc.oneof({ maxDepth: 2, depthSize: 'small' }, leaf, tie('chain')),
  chain: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
})).tree;

/** Models of every built-in kind and of `owns`, alone and in chains of chains. */
export const someModel = fc
  .record({ tree: someTree, inputSize: fc.constantFrom(1, 2, 3), seed: fc.nat({ max: 1e6 }) })
  .map(({ tree, inputSize, seed }) => built(tree, inputSize, seed));

function built(tree: Tree, inputSize: number, seed: number): AnyLayer {
  if ('pick' in tree) return builtCell(tree, inputSize, seed);
  const members: AnyLayer[] = [];
  for (const member of tree) {
    const before = members.at(-1)?.outputSize ?? inputSize;
    members.push(built(member, before, seed + members.length));
  }
  return chained(members);
}

function builtCell({ pick, option, size }: Leaf, inputSize: number, seed: number): AnyLayer {
  if (pick < kindNames.length) {
    const members = [{ kind: kindNames[pick], size, seed }];
    return membersOf({ inputSize, members })[0] as unknown as AnyLayer;
  }
  const [cell, options] = owns[pick - kindNames.length];
  const chosen = { ...options[option % options.length], seed };
  return recur(cell(inputSize, size, chosen as never)) as unknown as AnyLayer;
}

/** `chain` for members that no type knows. */
export function chained(members: readonly Member[]): AnyLayer {
  return (chain as unknown as (...members: readonly Member[]) => AnyLayer)(...members);
}
