import { type Emitter, multiplyAdd } from './wasm/emitter.js';
import * as f32x4 from './wasm/f32x4.js';
import { FunctionBuilder } from './wasm/function-builder.js';
import * as i32 from './wasm/i32.js';
import { assemble } from './wasm/module.js';
import * as v128 from './wasm/v128.js';
import { webAssembly } from './wasm/web-assembly.js';

/**
 * A way to run steps; numbers are the same bit for bit within one. 'portable': plain JavaScript;
 * 'simd': WebAssembly SIMD, whose numbers are the same on every machine; 'relaxed-fma' and
 * 'relaxed-nofma': its relaxed multiply-add, on hardware that rounds a · b + c once, or twice.
 */
export type Backend = 'portable' | 'simd' | 'relaxed-fma' | 'relaxed-nofma';

export const portable: Backend = 'portable';

/** True for backends whose code multiplies and adds in one relaxed instruction. */
export const isRelaxed = (backend: Backend) => backend.startsWith('relaxed');

let found: readonly Backend[] | undefined;

/** The backends of this engine, the fastest first; found out once. */
export function backends(): readonly Backend[] {
  if (found) return found;
  const relaxed = probe(f32x4.relaxedMadd);
  // An engine with the relaxed instruction has all others.
  const plain = relaxed ?? probe(multiplyAdd);
  found = [
    // It is faster only where it rounds once.
    ...(relaxed ? (['relaxed-fma'] as const) : []),
    ...(plain !== undefined ? (['simd'] as const) : []),
    ...(relaxed === 0 ? (['relaxed-nofma'] as const) : []),
    portable,
  ];
  return found;
}

/** The code's a² − (a² rounded): 0 if the engine rounds twice; undefined if it cannot run it. */
function probe(instruction: Emitter['multiplyAdd']): number | undefined {
  const [a, c] = [v128.load32Splat(i32.const(0), 0), v128.load32Splat(i32.const(0), 4)];
  const value = v128.store(i32.const(0), 0, instruction(a, a, c));
  const bytes = assemble({ f: new FunctionBuilder().body([value, i32.const(0)]) });
  try {
    const wasm = webAssembly();
    if (!wasm.validate(bytes)) return undefined;
    const m = new wasm.Memory({ initial: 1 });
    const floats = new Float32Array(m.buffer);
    floats.set([1 + 2 ** -12, -(1 + 2 ** -11)]);
    const { f } = new wasm.Instance(new wasm.Module(bytes), { e: { m } }).exports as {
      f(...zeros: number[]): number;
    };
    f(0, 0, 0, 0);
    return floats[0];
  } catch {
    // No WebAssembly, or a content-security policy without 'wasm-unsafe-eval'.
    return undefined;
  }
}
