/**
 * The tensors of a safetensors file, float32 or float16, as float32: a header in JSON says where
 * each lies behind it.
 */
export async function fetchTensors(url: string): Promise<Record<string, Float32Array>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}, see README.md`);
  const file = await response.arrayBuffer();
  const length = new DataView(file).getUint32(0, true); // of 8 bytes, the upper ones 0
  const text = new TextDecoder().decode(file.slice(8, 8 + length));
  const { __metadata__, ...header } = JSON.parse(text) as Record<string, Entry>;
  const tensors = Object.entries(header).map(([name, entry]) => {
    const [begin, end] = entry.data_offsets.map(offset => 8 + length + offset);
    const data = file.slice(begin, end);
    return [name, entry.dtype === 'F16' ? widened(data) : new Float32Array(data)] as const;
  });
  return Object.fromEntries(tensors);
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly number[];
}

/** Numbers of 16 bits, a sign, 5 of exponent and 10 of fraction; none of these is infinite. */
function widened(data: ArrayBuffer): Float32Array {
  const halves = new Uint16Array(data);
  const powers = Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) {
    const exponent = (halves[i] >> 10) & 31;
    const size = ((exponent && 1024) + (halves[i] & 1023)) * powers[exponent];
    values[i] = halves[i] & 0x8000 ? -size : size;
  }
  return values;
}
