/** WebAssembly code: bytes, nested as they were composed and flattened once, in `assemble`. */
export type Code = number | ArrayLike<Code>;

/** An unsigned LEB128 number. */
export function unsigned(value: number): Code {
  return value < 128 ? value : [(value & 127) | 128, unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? value & 127 : [(value & 127) | 128, signed(value >> 7)];
}

export const simd = (op: number) => [0xfd, unsigned(op)];
/** An instruction on operands that are vectors of four floats, or their bits. */
export const operation = (op: number) => {
  const code = simd(op);
  return (...operands: Code[]): Code => [operands, code];
};

export const i32 = (value: number): Code => [0x41, signed(value)];
export const plus = (a: Code, b: Code): Code => [a, b, 0x6a];
export const minus = (a: Code, b: Code): Code => [a, b, 0x6b];
export const times = (a: Code, b: Code): Code => [a, b, 0x6c];
/** a < b, as numbers without a sign. */
export const below = (a: Code, b: Code): Code => [a, b, 0x49];
/** a < b, as numbers with a sign. */
export const less = (a: Code, b: Code): Code => [a, b, 0x48];
export const same = (a: Code, b: Code): Code => [a, b, 0x46];
export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
/** Again and again while `condition`, after the first time. */
export const repeat = (body: Code, condition: Code): Code => [
  [0x03, 0x40, body, condition],
  [0x0d, 0, 0x0b],
];
/** a if `condition`, else b. */
export const choose = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b];
export const when = (condition: Code, body: Code): Code => [condition, 0x04, 0x40, body, 0x0b];
export const either = (condition: Code, body: Code, other: Code): Code => [
  [condition, 0x04, 0x40],
  [body, 0x05, other, 0x0b],
];
/** Half of a number without a sign. */
export const halved = (value: Code): Code => [value, i32(1), 0x76];
/** The last bit of a number. */
export const isOdd = (value: Code): Code => [value, i32(1), 0x71];
/** True where a number is 0. */
export const not = (value: Code): Code => [value, 0x45];
export const give = (value: Code): Code => [value, 0x0f];

const memory = (op: number) => {
  const code = [...simd(op), 2];
  return (address: Code, offset: number) => [address, code, unsigned(offset)];
};
export const load = memory(0);
/** One float, four times. */
export const loadSplat = memory(9);
export const store = (address: Code, offset: number, value: Code): Code => [
  address,
  value,
  [simd(11), 2, unsigned(offset)],
];
/** The bits of the float at an address: 0 for 0. */
export const wordAt = (address: Code, at: number): Code => [address, 0x28, 2, unsigned(at)];

/** One float, or whatever its bits are, from one address to another. */
export const copyFloat = (from: Code, at: number, to: Code, own: number): Code => [
  [to, from, 0x28, 2, unsigned(at)],
  [0x36, 2, unsigned(own)],
];
/** The float at an address becomes 0. */
export const setZero = (address: Code, at: number): Code => [
  [address, i32(0)],
  [0x36, 2, unsigned(at)],
];
/** The float at an address as a whole number without a sign: the nearest to zero, in range. */
export const indexAt = (address: Code, at: number): Code => [
  [address, 0x2a, 2, unsigned(at)],
  [0xfc, 1],
];
/** True where the float at an address is `index`, and that is below `count`. */
export const isNumberAt = (address: Code, at: number, index: Code, count: number): Code => [
  [address, 0x2a, 2, unsigned(at)],
  [index, 0xb3, 0x5b],
  [below(index, i32(count)), 0x71],
];

export const f32x4 = {
  less: operation(0x43),
  lessOrEqual: operation(0x45),
  abs: operation(0xe0),
  sqrt: operation(0xe3),
  add: operation(0xe4),
  subtract: operation(0xe5),
  multiply: operation(0xe6),
  divide: operation(0xe7),
  max: operation(0xe9),
  /** b < a ? b : a: the first operand where one is NaN. */
  least: operation(0xea),
  /** a < b ? b : a: the first operand where one is NaN. */
  most: operation(0xeb),
  /** a · b + c, rounded once or twice as the hardware likes. */
  relaxedMultiplyAdd: operation(0x105),
};
export const bits = {
  and: operation(0x4e),
  /** a & ~b */
  andNot: operation(0x4f),
  or: operation(0x50),
  xor: operation(0x51),
  /** The bits of a where those of `mask` are set, else those of b. */
  select: operation(0x52),
  any: operation(0x53),
  add: operation(0xae),
  subtract: operation(0xb1),
};
export const shiftLeft = (v: Code, n: number): Code => [v, i32(n), simd(0xab)];
export const shiftRight = (v: Code, n: number): Code => [v, i32(n), simd(0xac)];

/** v, which is read twice, with its first element in place of those after the first n. */
export function firstLanes(v: Code, n: number): Code {
  return lanes(
    v,
    [0, 1, 2, 3].map(i => (i < n ? i : 0)),
  );
}

/**
 * Four elements of v and of w, of which the numbers are 0 to 3 and 4 to 7; without w, of v alone.
 */
export function lanes(v: Code, order: readonly number[], w = v): Code {
  return [v, w, simd(0x0d), order.map(lane => [0, 1, 2, 3].map(byte => lane * 4 + byte))];
}

/** The first two elements of a, then those of b. */
export const halves = (a: Code, b: Code) => lanes(a, [0, 1, 4, 5], b);

export const I32 = 0x7f;

/** A function that takes so many numbers and answers one. */
export interface FunctionCode {
  readonly parameters: number;
  readonly body: Code;
}

/** The bytes of composed code, in order. */
export function flat(code: Code): Uint8Array<ArrayBuffer> {
  const parts = [code];
  const bytes = new Uint8Array(write(parts, 0));
  write(parts, 0, bytes);
  return bytes;
}

/** Writes code at a place, if there are bytes to write to, and answers the place after it. */
function write(parts: ArrayLike<Code>, at: number, bytes?: Uint8Array): number {
  if (parts instanceof Uint8Array) {
    bytes?.set(parts, at);
    return at + parts.length;
  }
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (typeof part !== 'number') at = write(part, at, bytes);
    else {
      if (bytes) bytes[at] = part;
      at++;
    }
  }
  return at;
}

/** Code behind the count of its bytes. */
export function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

const named = (name: string) => sized([...name].map(c => c.charCodeAt(0)));
const section = (id: number, items: readonly Code[]): Code => [
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
    section(
      1,
      types.map(count => [0x60, count, Array(count).fill(I32), 1, I32]),
    ),
    section(2, [[named('e'), named('m'), 2, 0, 0]]),
    section(
      3,
      codes.map(({ parameters }) => types.indexOf(parameters)),
    ),
    section(7, exported),
    section(
      10,
      codes.map(({ body }) => body),
    ),
  ]);
}
