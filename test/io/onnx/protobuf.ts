/** Protocol buffers by hand: what a hostile file needs, and no writer would write. */

export function bytesOf(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A field: a varint, a text, or bytes. */
export function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return bytesOf(...varint(number * 8), ...varint(value));
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return joined(bytesOf(...varint(number * 8 + 2), ...varint(bytes.length)), bytes);
}

/** A file of a graph, operator set 17. */
export function graphOf(...parts: Uint8Array[]): Uint8Array {
  return joined(field(1, 8), field(7, joined(...parts)), field(8, field(2, 17)));
}

type Name = string | Uint8Array;

export function nodeOf(
  operator: string,
  inputs: readonly Name[],
  outputs: readonly Name[],
  ...more: Uint8Array[]
): Uint8Array {
  const names = [...inputs.map(name => field(1, name)), ...outputs.map(name => field(2, name))];
  return field(1, joined(...names, field(4, operator), ...more));
}

/** A tensor, of float32 if nothing else is said, of so many bytes of zeros, or of these. */
export function initializer(
  name: string,
  dims: readonly number[],
  raw: number | Uint8Array,
  type = 1,
  ...more: Uint8Array[]
): Uint8Array {
  const data = typeof raw === 'number' ? new Uint8Array(raw) : raw;
  const shape = dims.map(dim => field(1, dim));
  return field(5, joined(...shape, field(2, type), field(8, name), field(9, data), ...more));
}

/** The fields of a tensor whose numbers are in another file, in the order of their numbers. */
export function elsewhere(...entries: readonly (readonly [key: string, value: string])[]) {
  const external = entries.map(([key, value]) => field(13, joined(field(1, key), field(2, value))));
  return [...external, field(14, 1)];
}

/** An input of floats; a dimension that is text is open. */
export function input(name: string, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.map(dim => field(1, field(typeof dim === 'number' ? 1 : 2, dim)));
  return field(
    11,
    joined(field(1, name), field(2, field(1, joined(field(1, 1), field(2, joined(...shape)))))),
  );
}

export function output(name: string): Uint8Array {
  return field(12, field(1, name));
}
