import { type Code, unsigned } from './code.js';

export const get = (index: number): Code => [0x20, unsigned(index)];
export const set = (index: number, value: Code): Code => [value, 0x21, unsigned(index)];
