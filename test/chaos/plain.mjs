// Plain data as text, by the form that docs/durable.md and snapshots promise: the checker's own.

/** Values as records and events have them: arrays as base64, what JSON lacks as `{ $: … }`. */
function plain(value) {
  if (value instanceof Float32Array) {
    const { buffer, byteOffset, byteLength } = value;
    return {
      $: 'Float32Array',
      data: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    };
  }
  if (typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value))) {
    return { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, plain(own)]));
}

/** Any value as text; equal bits have equal texts. */
export const jsonOf = value => JSON.stringify(plain(value));

/** The value of such text's JSON. */
export function plainOf(json) {
  if (Array.isArray(json)) return json.map(plainOf);
  if (typeof json !== 'object' || json === null) return json;
  if (json.$ === 'number') return Number(json.value);
  if (json.$ === 'Float32Array') {
    return new Float32Array(Uint8Array.from(Buffer.from(json.data, 'base64')).buffer);
  }
  if (json.$) throw new Error(`no ${json.$} was expected`);
  return Object.fromEntries(Object.entries(json).map(([name, own]) => [name, plainOf(own)]));
}

/** All base64 in parameters, by path: equal sets have equal texts. */
export function bitsIn(value, path = '') {
  if (typeof value !== 'object' || value === null) return [];
  if (ArrayBuffer.isView(value.data)) {
    const { data, offset = 0, shape } = value;
    const size = shape.reduce((a, b) => a * b, 1);
    const own = Float32Array.from(data.subarray(offset, offset + size));
    return [`${path} ${Buffer.from(own.buffer).toString('base64')}`];
  }
  if (typeof value.data === 'string') return [`${path} ${value.data}`];
  return Object.entries(value).flatMap(([name, own]) => bitsIn(own, `${path}.${name}`));
}
