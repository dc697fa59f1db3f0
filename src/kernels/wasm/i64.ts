import { type Code, signed } from './code.js';

const constant = (value: number): Code => [0x42, signed(value)];

export { constant as const };

export const mul = (a: Code, b: Code): Code => [a, b, 0x7e];
export const shrU = (value: Code, bits: Code): Code => [value, bits, 0x88];
export const extendI32U = (value: Code): Code => [value, 0xad];
