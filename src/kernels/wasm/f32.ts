import { type Code, unsigned } from './code.js';

const constant = (value: number): Code => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [0x43, bytes];
};

export { constant as const };

export const load = (address: Code, offset: number): Code => [address, 0x2a, 2, unsigned(offset)];
export const store = (address: Code, offset: number, value: Code): Code => [
  [address, value],
  [0x38, 2, unsigned(offset)],
];
export const eq = (a: Code, b: Code): Code => [a, b, 0x5b];
export const lt = (a: Code, b: Code): Code => [a, b, 0x5d];
export const mul = (a: Code, b: Code): Code => [a, b, 0x94];
export const convertI32U = (value: Code): Code => [value, 0xb3];
