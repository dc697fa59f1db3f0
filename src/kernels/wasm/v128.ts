import { type Code, operation, simd, unsigned } from './code.js';

const loading = (op: number) => {
  const code = [...simd(op), 2];
  return (address: Code, offset: number): Code => [address, code, unsigned(offset)];
};

export const load = loading(0);
export const load32Splat = loading(9);
export const store = (address: Code, offset: number, value: Code): Code => [
  address,
  value,
  [simd(11), 2, unsigned(offset)],
];
export const store32Lane = (address: Code, offset: number, value: Code, lane: number): Code => [
  [address, value],
  [simd(0x5a), 2, unsigned(offset), lane],
];
export const and = operation(0x4e);
/** a & ~b */
export const andnot = operation(0x4f);
export const or = operation(0x50);
export const xor = operation(0x51);
/** The bits of a where those of the mask, which comes last, are set, else those of b. */
export const bitselect = operation(0x52);
export const anyTrue = operation(0x53);
