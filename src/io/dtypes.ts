/** Bits of one element, of every kind that the format knows. */
export const dtypeBits: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  F64: 64,
  I64: 64,
  U64: 64,
  C64: 64,
};

/** Reads the element that begins at a byte. */
type Read = (view: DataView, at: number) => number;

/** The kinds that become float32: exactly, but F64, which is rounded. */
export const floats: Readonly<Record<string, Read>> = {
  F32: (view, at) => view.getFloat32(at, true),
  F64: (view, at) => view.getFloat64(at, true),
  F16: (view, at) => half(view.getUint16(at, true)),
  BF16: (view, at) => brain(view.getUint16(at, true)),
};

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
export function half(bits: number): number {
  word.setInt32(0, widened(bits));
  return word.getFloat32(0);
}

/** A binary16 as the bits of a float32. */
function widened(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const rest = bits & 0x7fff;
  if (rest >= 0x7c00) return sign | 0x7f800000 | (rest << 13);
  // The exponent counts from -15 instead of -127.
  if (rest >= 0x400 || rest === 0) return sign | (rest && (rest << 13) + (112 << 23));
  const shift = Math.clz32(rest) - 21;
  return sign | ((113 - shift) << 23) | (((rest << shift) & 0x3ff) << 13);
}

/** Many binary16, as integers: numbers of their own would be garbage, one for each weight. */
export function fromHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Int32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = widened(halves[i]);
  return values;
}

/** The largest binary16. */
export const largestHalf = 65504;

/** The nearest binary16 of a float32, ties to even; an infinity for what is beyond its range. */
export function halfBits(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = Math.max(((bits >>> 23) & 255) - 127, -14);
  if (exponent > 15) return sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
  // The last place of a fraction, and what rounding carries into the exponent, add up.
  return sign | (((exponent + 14) << 10) + toEven(Math.abs(value) * 2 ** (10 - exponent)));
}

/** The nearest integer of a number below 2⁵¹, ties to even. */
export function toEven(value: number): number {
  return value + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
