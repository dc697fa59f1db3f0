import { operation } from './code.js';

export const splat = operation(0x14);
export const promoteLowF32x4 = operation(0x5f);
export const add = operation(0xf0);
export const div = operation(0xf3);
