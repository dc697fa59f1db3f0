import type { Code } from './code.js';

export const loop = (body: Code): Code => [0x03, 0x40, body, 0x0b];
export const brIf = (label: number, condition: Code): Code => [condition, 0x0d, label];
/** a if `condition`, else b. */
export const select = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b];

const branch = (condition: Code, body: Code, otherwise?: Code): Code => [
  [condition, 0x04, 0x40, body],
  otherwise === undefined ? 0x0b : [0x05, otherwise, 0x0b],
];
const answer = (value: Code): Code => [value, 0x0f];

export { answer as return, branch as if };
