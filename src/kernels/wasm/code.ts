/**
 * WebAssembly code: bytes, nested as they were composed, and flattened once in `assemble`.
 *
 * Instructions have the specification's names: one file for each prefix, imported as a namespace,
 * so that `i32.lt_u` is `i32.ltU` and `v128.load32_splat` is `v128.load32Splat`. Operands come
 * first to last, as code; a memory instruction's address is followed by its offset.
 */
export type Code = number | ArrayLike<Code>;

/** An unsigned LEB128 number. */
export function unsigned(value: number): Code {
  return value < 128 ? value : [(value & 127) | 128, unsigned(value >>> 7)];
}

/** A signed LEB128 number. */
export function signed(value: number): Code {
  return value >= -64 && value < 64 ? value & 127 : [(value & 127) | 128, signed(value >> 7)];
}

/** The opcode of a vector instruction. */
export const simd = (op: number) => [0xfd, unsigned(op)];

/** An instruction on operands that are vectors. */
export const operation = (op: number) => {
  const code = simd(op);
  return (...operands: Code[]): Code => [operands, code];
};

/** The bytes of composed code, in order. */
export function flat(code: Code): Uint8Array<ArrayBuffer> {
  const parts = [code];
  const bytes = new Uint8Array(write(parts, 0));
  write(parts, 0, bytes);
  return bytes;
}

/** Writes code at a place, if there are bytes to write to, and answers the place after it. */
function write(parts: ArrayLike<Code>, at: number, bytes?: Uint8Array): number {
  if (parts instanceof Uint8Array) {
    bytes?.set(parts, at);
    return at + parts.length;
  }
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (typeof part !== 'number') at = write(part, at, bytes);
    else {
      if (bytes) bytes[at] = part;
      at++;
    }
  }
  return at;
}
