import { type Code, flat, unsigned } from './code.js';

export const I32 = 0x7f;

/** A function that takes so many numbers and answers one. */
export interface FunctionCode {
  readonly parameters: number;
  readonly body: Code;
}

/** Code behind the count of its bytes. */
export function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

const named = (name: string) => sized([...name].map(c => c.charCodeAt(0)));
const section = (id: number, ...items: Code[]): Code => [
  id,
  sized([unsigned(items.length), items]),
];

/** The bytes of a module that takes its memory as `e.m` and exports functions by name. */
export function assemble(
  functions: Readonly<Record<string, FunctionCode>>,
): Uint8Array<ArrayBuffer> {
  const codes = Object.values(functions);
  const types = [...new Set(codes.map(({ parameters }) => parameters))];
  const exported = Object.keys(functions).map((name, i) => [named(name), 0, unsigned(i)]);
  return flat([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, ...types.map(count => [0x60, count, Array(count).fill(I32), 1, I32])),
    section(2, [named('e'), named('m'), 2, 0, 0]),
    section(3, ...codes.map(({ parameters }) => types.indexOf(parameters))),
    section(7, ...exported),
    section(10, ...codes.map(({ body }) => body)),
  ]);
}
