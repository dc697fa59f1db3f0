import type { Code } from '../../src/kernels/wasm/code.js';
import { ConstantPool, type Emitter, emitter } from '../../src/kernels/wasm/emitter.js';
import { FunctionBuilder } from '../../src/kernels/wasm/function-builder.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import { assemble } from '../../src/kernels/wasm/module.js';
import { webAssembly } from '../../src/kernels/wasm/web-assembly.js';

/** Bytes that the constants of a function under test may take. */
export const dataAt = 4096;

/** A function of composed code with a memory of its own, in which its constants are laid out. */
export function runnable(relaxed: boolean, pages: number, codeOf: (e: Emitter) => Code) {
  const pool = new ConstantPool();
  const fn = new FunctionBuilder();
  const code = codeOf(emitter(fn, pool, relaxed));
  const wasm = webAssembly();
  const m = new wasm.Memory({ initial: pages });
  const module = new wasm.Module(assemble({ f: fn.body([code, i32.const(0)]) }));
  const { f } = new wasm.Instance(module, { e: { m } }).exports as {
    f(a: number, b: number, c: number, d: number): number;
  };
  const memory = new Float32Array(m.buffer);
  for (const [i, value] of pool.values.entries()) memory.fill(value, i * 4, i * 4 + 4);
  if (pool.values.length * 16 > dataAt) throw new RangeError('too many constants');
  return { memory, run: f };
}
