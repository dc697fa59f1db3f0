import { sizeOf } from '../../arrays/ndarray.js';
import type { Budget } from './budget.js';
import type { Node } from './graph.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';

/** What Cast makes of numbers. */
export interface CastTarget {
  readonly floating: boolean;
  /** True for halves: fewer digits than numbers here have. */
  readonly isRounded: boolean;
  /** Integers from the first to the last; undefined for booleans and floats. */
  readonly range?: readonly [least: number, most: number] | undefined;
  readonly type: number;
}

const floats = [1, 10, 11, 16];

/** Bits of integers by ONNX's numbers of types; negative: signed. */
const integers: Readonly<Record<number, number>> = {
  ...{ 2: 8, 3: -8, 4: 16, 5: -16, 6: -32, 7: -64, 12: 32, 13: 64 },
};

const boolean = 9;

export const halves = 'Cast to halves, to which numbers would be rounded: export it in float32';

/** The attribute `to`; throws Unfit for texts, complex numbers and 8-bit floats. */
export function castOf(node: Node): CastTarget {
  const to = node.attributes.get('to');
  const type = to?.integer ?? 0;
  ensure(to && to.text.length === 0, 'the attribute to, a text as before operator set 6');
  const floating = floats.includes(type);
  const bits = integers[type];
  ensure(floating || type === boolean || bits !== undefined, `Cast to type ${type}`);
  return { floating, isRounded: type === 10 || type === 16, type, range: rangeOf(bits) };
}

function rangeOf(bits: number | undefined): CastTarget['range'] {
  if (bits === undefined) return undefined;
  return bits < 0 ? [-(2 ** (-bits - 1)), 2 ** (-bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** A constant as numbers of another type; refuses integers that do not hold what they are given. */
export function castConstant(node: Node, a: Constant, budget: Budget): Constant {
  const { floating, isRounded, range, type } = castOf(node);
  ensure(!isRounded, halves);
  if (floating && a.floating) return a;
  budget.spend(sizeOf(a.dims));
  if (floating) return constantOf(a.name, a.dims, Float32Array.from(a.values()));
  const whole = type === boolean ? (v: number) => Number(v !== 0) : Math.trunc;
  const out = Float64Array.from(a.values(), whole);
  const fits = (v: number) => !range || (v >= range[0] && v <= range[1]);
  ensure(out.every(fits), 'Cast to an integer type that does not hold the number');
  return constantOf(a.name, a.dims, out);
}
