import { type NdArray, NdView, sizeOf } from '../arrays/ndarray.js';
import { mismatch, shapeText } from '../errors.js';
import { toEven } from './dtypes.js';
import { quoted } from './json.js';

/**
 * In a file's metadata, under `quantization`: each tensor `name` of I8 has its scales beside it,
 * `name.scale` of F32. A number of the tensor is its integer times the scale of its row; a row is
 * all that has one first index.
 */
export const int8Rows = 'rxrecur/int8';

/** The name of the scales of a tensor; no parameter has a dot in its own name. */
export const scaleName = (name: string) => `${name}.scale`;

/** The numbers of an ndarray as integers from -127 to 127, and the scale of each row. */
export function toInt8(where: string, { data, shape }: NdView) {
  const integers = new Int8Array(data.length);
  const scales = new Float32Array(shape[0]);
  const columns = data.length / scales.length;
  for (const row of scales.keys()) {
    const begin = row * columns;
    const values = data.subarray(begin, begin + columns);
    const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    if (!Number.isFinite(largest)) {
      throw mismatch(where, 'finite numbers for int8', `${largest} in row ${row}`);
    }
    const scale = shortened(largest / 127);
    scales[row] = scale;
    // Beyond 127 only where numbers are so small that a scale has few digits, or none.
    const integer = (v: number) => Math.max(-127, Math.min(127, toEven(v / scale)));
    if (scale > 0) integers.set(values.map(integer), begin);
  }
  return { integers, scales };
}

const word = new DataView(new ArrayBuffer(4));

/**
 * A number cut to 17 binary digits: float32 then holds its product with an integer of seven, so
 * that every program reads the same numbers, and rounding them again changes none.
 */
function shortened(value: number): number {
  word.setFloat32(0, value);
  word.setUint32(0, word.getUint32(0) & ~0x7f);
  return word.getFloat32(0);
}

/** What `toInt8` took apart; throws a RecurError for scales that are missing or wrong. */
export function fromInt8(
  name: string,
  integers: Int8Array,
  shape: readonly number[],
  scales: NdArray | undefined,
): NdView {
  const where = `safetensors ${quoted(scaleName(name))}`;
  const rows = shape.slice(0, 1);
  const got = scales ? shapeText(scales.shape) : 'none';
  const own = shapeText(rows);
  if (!scales || got !== own) {
    throw mismatch(where, `${own} (a scale for each row of ${quoted(name)})`, got);
  }
  const { data } = scales;
  for (let row = 0; row < data.length; row++) {
    if (data[row] >= 0 && data[row] < Number.POSITIVE_INFINITY) continue;
    throw mismatch(where, 'finite scales of 0 or more', `${data[row]} at [${row}]`);
  }
  const values = new Float32Array(sizeOf(shape));
  const columns = values.length / data.length;
  for (let i = 0; i < values.length; i++) values[i] = integers[i] * data[Math.floor(i / columns)];
  return new NdView(values, shape);
}
