import type { Code } from './code.js';
import * as f32x4 from './f32x4.js';
import type { FunctionBuilder } from './function-builder.js';
import * as i32 from './i32.js';
import * as local from './local.js';
import * as v128 from './v128.js';

/** Composes the code of one function: it has its locals, its constants and its multiply-add. */
export interface Emitter {
  readonly fn: FunctionBuilder;
  /** The address where the model's weights begin. */
  readonly weights: Code;
  /** A number, four times. */
  constant(value: number): Code;
  /** a · b + c: rounded once by the relaxed backend where the hardware can, else twice. */
  multiplyAdd(a: Code, b: Code, c: Code): Code;
  /** Evaluates `value` once; returns what sets its local, and what reads it. */
  keep(value: Code): readonly [set: Code, get: Code];
}

/** Numbers that code reads from where the weights begin, each written four times. */
export class ConstantPool {
  readonly values: number[] = [];

  /** Code that loads the number; `base` is where the weights begin. */
  load(value: number, base: Code): Code {
    const float = Math.fround(value);
    let at = this.values.findIndex(known => Object.is(known, float));
    if (at < 0) at = this.values.push(float) - 1;
    return v128.load(base, at * 16);
  }
}

/** a · b + c, rounded twice. */
export const multiplyAdd: Emitter['multiplyAdd'] = (a, b, c) => f32x4.add(f32x4.mul(a, b), c);

/** `weights`: code of the address where a model's weights begin, with the constants in front. */
export function emitter(
  fn: FunctionBuilder,
  pool: ConstantPool,
  relaxed: boolean,
  weights: Code = i32.const(0),
): Emitter {
  return {
    fn,
    weights,
    constant: value => pool.load(value, weights),
    multiplyAdd: relaxed ? f32x4.relaxedMadd : multiplyAdd,
    keep(value) {
      const index = fn.vector();
      return [local.set(index, value), local.get(index)];
    },
  };
}
