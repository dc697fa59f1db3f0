import { sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import { castConstant } from './cast.js';
import { moves } from './fold-moves.js';
import type { Fold, Folding } from './folding.js';
import { integerOf, type Node } from './graph.js';
import { reducedAxes } from './ranges.js';
import { shapeRange } from './shape-attributes.js';
import { valuesAt } from './strided.js';
import { type Constant, constantOf, tensorOf, wholesOf } from './tensor.js';
import { ensure } from './unfit.js';
import { broadcastDims, broadcastTo, transposed, viewed, viewOf } from './views.js';

/** The operators that are computed while a file is read, where all their inputs are constants. */
export const folds: Readonly<Record<string, Fold>> = {
  ...moves,
  Cast: ({ node, budget }, [a]) => [castConstant(node, a, budget)],
  Shape: ({ node }, [a]) => [integers(a.dims.slice(...shapeRange(node)))],
  Size: (_, [a]) => [constantOf('', [], Float64Array.of(sizeOf(a.dims)))],
  ConstantOfShape: ({ node, budget }, [shape]) => [filled(node, wholesOf(shape), budget)],
  Range: ({ budget }, inputs) => {
    const [begin, end, step] = inputs.map(input => input.values()[0]);
    const count = Math.max(0, Math.ceil((end - begin) / step));
    ensure(Number.isFinite(count), `a range from ${begin} to ${end} by ${step}`);
    budget.spend(count);
    const values = Float64Array.from({ length: count }, (_, i) => begin + i * step);
    return [constantOf('', [count], inputs[0].floating ? Float32Array.from(values) : values)];
  },
  Neg: unary(v => -v),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Reciprocal: unary(v => 1 / v),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Not: unary(v => Number(!v)),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, floating) => (floating ? a / b : Math.trunc(a / b))),
  Pow: binary((a, b) => a ** b),
  Max: several(Math.max),
  Min: several(Math.min),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: comparison((a, b) => a !== 0 && b !== 0),
  Or: comparison((a, b) => a !== 0 || b !== 0),
  Xor: comparison((a, b) => (a !== 0) !== (b !== 0)),
  ReduceSum: reduced((a, b) => a + b, 0),
  ReduceProd: reduced((a, b) => a * b, 1),
  ReduceMax: reduced(Math.max, Number.NEGATIVE_INFINITY),
  ReduceMin: reduced(Math.min, Number.POSITIVE_INFINITY),
};

/** What a node makes of constants; undefined where it is not computed while reading. */
export function folded(folding: Folding, inputs: readonly Constant[]): Constant[] | undefined {
  const { operator, outputs } = folding.node;
  if (!Object.hasOwn(folds, operator)) return undefined;
  return folds[operator](folding, inputs).map((result, i) => ({
    ...result,
    name: outputs[i] ?? '',
  }));
}

/** Which inputs an operator takes numbers from that does nothing but move them. */
export function movedInputs({ operator, inputs }: Node): readonly number[] | undefined {
  if (!Object.hasOwn(moves, operator)) return undefined;
  const places = inputs.map((_, i) => i);
  if (operator === 'Concat') return places;
  if (operator === 'ScatterND') return [0, 2];
  if (operator === 'Where') return [1, 2];
  return operator === 'Pad' ? [0, 2] : [0];
}

/** The value of ConstantOfShape. */
export function fillerOf(node: Node): Constant {
  const tensor = node.attributes.get('value')?.tensor;
  const filler = tensor
    ? tensorOf(tensor, node.outputs[0])
    : constantOf('', [1], new Float32Array(1));
  ensure(sizeOf(filler.dims) === 1, 'a value that is not one number');
  return filler;
}

/** What ConstantOfShape makes. */
export function filled(node: Node, dims: readonly number[], budget: Budget): Constant {
  const filler = fillerOf(node);
  ensure(
    dims.every(n => n >= 0),
    'sizes below 0',
  );
  const count = sizeOf(dims);
  budget.spend(count);
  const values = filler.floating ? new Float32Array(count) : new Float64Array(count);
  return constantOf(node.outputs[0], dims, values.fill(filler.values()[0]));
}

function unary(apply: (value: number) => number): Fold {
  return (folding, [a]) => {
    folding.budget.spend(sizeOf(a.dims));
    return [constantOf('', a.dims, a.values().map(apply) as Float32Array)];
  };
}

function binary(apply: (a: number, b: number, floating: boolean) => number): Fold {
  return (folding, [a, b]) => {
    const dims = broadcastDims(a.dims, b.dims);
    folding.budget.spend(sizeOf(dims));
    const [left, right] = [a, b].map(c =>
      valuesAt(broadcastTo(viewOf(c), dims), dims, c.floating, folding.budget),
    );
    const floating = a.floating || b.floating;
    const out = floating ? new Float32Array(left.length) : new Float64Array(left.length);
    for (let i = 0; i < out.length; i++) out[i] = apply(left[i], right[i], floating);
    return [constantOf('', dims, out)];
  };
}

/** A comparison: whole numbers 0 and 1. */
function comparison(apply: (a: number, b: number) => boolean): Fold {
  const numbers = binary((a, b) => Number(apply(a, b)));
  return (folding, inputs) => {
    const [{ dims, values }] = numbers(folding, inputs);
    return [constantOf('', dims, Float64Array.from(values()))];
  };
}

/** Of any number of inputs. */
function several(apply: (a: number, b: number) => number): Fold {
  const two = binary(apply);
  return (folding, [first, ...others]) => [
    others.reduce((all, other) => two(folding, [all, other])[0], first),
  ];
}

/** Along some axes. */
function reduced(apply: (a: number, b: number) => number, begin: number): Fold {
  return ({ node, budget }, [a, axes]) => {
    const along = reducedAxes(node, axes, a.dims.length);
    const kept = a.dims.flatMap((_, i) => (along.includes(i) ? [] : i));
    const values = viewed(budget, a, transposed(viewOf(a), [...kept, ...along])).values();
    const count = sizeOf(kept.map(i => a.dims[i]));
    const length = values.length / Math.max(1, count);
    const out = a.floating ? new Float32Array(count) : new Float64Array(count);
    for (let i = 0; i < count; i++) {
      out[i] = begin;
      for (let k = i * length; k < (i + 1) * length; k++) out[i] = apply(out[i], values[k]);
    }
    const isKept = integerOf(node, 'keepdims', 1) !== 0;
    const dims = a.dims.flatMap((n, i) => (!along.includes(i) ? n : isKept ? 1 : []));
    return [constantOf('', dims, out)];
  };
}

const integers = (items: readonly number[]) =>
  constantOf('', [items.length], Float64Array.from(items));
