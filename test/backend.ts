import { inject } from 'vitest';
import { type Backend, backends } from '../src/kernels/backends.js';
import { webAssembly } from '../src/kernels/wasm/web-assembly.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the lane runs on; undefined: whatever the engine's fastest is. */
    backend: Backend | undefined;
  }
}

/** The opcode of the relaxed multiply-add of four floats. */
const relaxedMultiplyAdd = [0xfd, 0x85, 0x02];

function holds(bytes: Uint8Array, part: readonly number[]): boolean {
  return bytes.some((_, at) => part.every((byte, i) => bytes[at + i] === byte));
}

/** Makes the engine offer no more than this backend, before the library first looks. */
function offerNoMoreThan(wanted: Backend): void {
  const api = webAssembly();
  const { validate } = api;
  const refuses = (bytes: Uint8Array) =>
    wanted === 'portable' || (wanted === 'simd' && holds(bytes, relaxedMultiplyAdd));
  api.validate = bytes => !refuses(bytes) && validate.call(api, bytes);
  const [fastest] = backends();
  api.validate = validate;
  if (fastest !== wanted) throw new Error(`the lane wants ${wanted}, this engine has ${fastest}`);
}

const wanted = inject('backend');
if (wanted) offerNoMoreThan(wanted);
