/**
 * True for an array and for a typed array of numbers, of any realm. Bytes are none: they may well
 * be those of larger numbers.
 */
export function isVector(x: unknown): x is readonly number[] {
  // Two of these hold for proxies too.
  if (Array.isArray(x) || x instanceof Float32Array || x instanceof Float64Array) return true;
  return ArrayBuffer.isView(x) && /^(Float|Int|Uint[13])/.test(kindOf(x));
}

/** How to take the numbers in a buffer or in bytes. */
export function bytesHint(x: unknown): string | undefined {
  const [kind] = /^Uint8|DataView|ArrayBuffer/.exec(kindOf(x)) ?? [];
  const view = kind === 'ArrayBuffer' ? 'x' : 'x.buffer, x.byteOffset, x.byteLength / 4';
  return kind && `take new Float32Array(${view}), or, of bytes, Float32Array.from(x)`;
}

/** What to do about what came for an event, or for a number in one. */
export function eventHint(x: unknown): string | undefined {
  if (x === null) return "onInvalid: 'skip' drops such events";
  if (typeof x !== 'object') return undefined;
  if (isVector(x)) return 'chunks: true takes arrays of steps';
  return bytesHint(x) ?? ('then' in x ? 'concatMap waits for it' : 'select makes it a vector');
}

/** The name of a typed array's kind, or of a buffer's. */
function kindOf(x: unknown): string {
  return String(Object(x)[Symbol.toStringTag]);
}
