import { type Code, type FunctionBuilder, f32x4, get, i32, load, set } from './module.js';

/** What code of a function is composed with: its locals, its constants, its multiply-add. */
export interface Emitter {
  readonly fn: FunctionBuilder;
  /** A number, four times. */
  constant(value: number): Code;
  /** a · b + c: rounded once by the relaxed backend where the hardware can, else twice. */
  multiplyAdd(a: Code, b: Code, c: Code): Code;
  /** Evaluates `value` once; returns what sets its local, and what reads it. */
  keep(value: Code): readonly [set: Code, get: Code];
}

/** Numbers that code reads from the beginning of the memory, each written four times. */
export class ConstantPool {
  readonly values: number[] = [];

  /** Code that loads the number. */
  load(value: number): Code {
    const given = Math.fround(value);
    let at = this.values.findIndex(known => Object.is(known, given));
    if (at < 0) at = this.values.push(given) - 1;
    return load(i32(0), at * 16);
  }
}

export function emitter(fn: FunctionBuilder, pool: ConstantPool, relaxed: boolean): Emitter {
  return {
    fn,
    constant: value => pool.load(value),
    multiplyAdd: relaxed
      ? f32x4.relaxedMultiplyAdd
      : (a, b, c) => f32x4.add(f32x4.multiply(a, b), c),
    keep(value) {
      const local = fn.vector();
      return [set(local, value), get(local)];
    },
  };
}
