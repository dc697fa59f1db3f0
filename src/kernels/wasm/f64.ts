import type { Code } from './code.js';

export const convertI32S = (value: Code): Code => [value, 0xb7];
