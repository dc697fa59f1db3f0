import { operation } from './code.js';

export const lt = operation(0x43);
export const le = operation(0x45);
export const demoteF64x2Zero = operation(0x5e);
export const abs = operation(0xe0);
export const sqrt = operation(0xe3);
export const add = operation(0xe4);
export const sub = operation(0xe5);
export const mul = operation(0xe6);
export const div = operation(0xe7);
export const max = operation(0xe9);
/** b < a ? b : a: the first operand where one is NaN. */
export const pmin = operation(0xea);
/** a < b ? b : a: the first operand where one is NaN. */
export const pmax = operation(0xeb);
/** a · b + c, rounded once or twice as the hardware likes. */
export const relaxedMadd = operation(0x105);
