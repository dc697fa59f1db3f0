import { type Code, operation, simd } from './code.js';

export const shl = (v: Code, bits: Code): Code => [v, bits, simd(0xab)];
export const shrS = (v: Code, bits: Code): Code => [v, bits, simd(0xac)];
export const add = operation(0xae);
export const sub = operation(0xb1);
