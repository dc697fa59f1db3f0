import { type Code, signed, unsigned } from './code.js';

const constant = (value: number): Code => [0x41, signed(value)];

export { constant as const };

export const load = (address: Code, offset: number): Code => [address, 0x28, 2, unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [
  [address, value],
  [0x36, 2, unsigned(offset)],
];
export const eqz = (value: Code): Code => [value, 0x45];
export const eq = (a: Code, b: Code): Code => [a, b, 0x46];
export const ne = (a: Code, b: Code): Code => [a, b, 0x47];
export const ltS = (a: Code, b: Code): Code => [a, b, 0x48];
export const ltU = (a: Code, b: Code): Code => [a, b, 0x49];
export const gtS = (a: Code, b: Code): Code => [a, b, 0x4a];
export const add = (a: Code, b: Code): Code => [a, b, 0x6a];
export const sub = (a: Code, b: Code): Code => [a, b, 0x6b];
export const mul = (a: Code, b: Code): Code => [a, b, 0x6c];
export const divU = (a: Code, b: Code): Code => [a, b, 0x6e];
export const and = (a: Code, b: Code): Code => [a, b, 0x71];
export const xor = (a: Code, b: Code): Code => [a, b, 0x73];
export const shrS = (value: Code, bits: Code): Code => [value, bits, 0x75];
export const shrU = (value: Code, bits: Code): Code => [value, bits, 0x76];
export const wrapI64 = (value: Code): Code => [value, 0xa7];
/** The nearest to zero, in range. */
export const truncSatF32U = (value: Code): Code => [value, 0xfc, 1];
