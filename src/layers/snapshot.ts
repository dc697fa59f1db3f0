import type { Batch } from '../equations/state.js';
import { describe, mismatch, RecurError } from '../errors.js';
import { decode, encode, type Fetch, fromBase64, toBase64 } from './encoding.js';
import { copyValue } from './values.js';

/** What runs the steps; numbers are the same bit for bit within one. */
export type Backend = 'portable';
export const backends: readonly Backend[] = ['portable'];

const format = 'rxrecur/state';
const version = 1;

/** The fields of a snapshot that tell what it is of. */
interface Header {
  readonly backend: string;
  readonly layer: string;
  readonly batch: Batch;
}

/**
 * A model's place in a stream: a copy of its state that nobody else changes. `JSON.stringify` and
 * `toBytes` lose nothing; `restore` takes the snapshot, its parsed JSON, or `snapshotFromBytes`.
 */
export class Snapshot<S = unknown> implements Header {
  readonly format = format;
  readonly version = version;
  /** The backend that computed it. */
  readonly backend: Backend;
  /** The layer that it fits, printed with its sizes. */
  readonly layer: string;
  /** Columns of the batch; 0 for plain vectors, null before the first datum. */
  readonly batch: Batch;
  readonly state: S;

  /** Throws a RecurError that names the path of anything in the state that is not plain data. */
  constructor({ backend, layer, batch }: Header & { readonly backend: Backend }, state: S) {
    encode(state, () => ({}));
    this.backend = backend;
    this.layer = layer;
    this.batch = batch;
    this.state = state;
  }

  /** Plain JSON; arrays as base64 of their little-endian bytes. */
  toJSON(): Record<string, unknown> {
    return { ...this.header(), state: encode(this.state, bytes => ({ data: toBase64(bytes) })) };
  }

  /** Compact bytes: `RXRECUR1`, the length of the header (uint32), a JSON header, the arrays. */
  toBytes(): Uint8Array {
    const arrays: Uint8Array[] = [];
    let length = 0;
    const state = encode(this.state, bytes => {
      arrays.push(bytes);
      length += bytes.length;
      return { at: length - bytes.length, length: bytes.length };
    });
    const header = new TextEncoder().encode(JSON.stringify({ ...this.header(), state }));
    const out = new Uint8Array(12 + header.length + length);
    out.set(magic, 0);
    new DataView(out.buffer).setUint32(8, header.length, true);
    out.set(header, 12);
    let at = 12 + header.length;
    for (const array of arrays) {
      out.set(array, at);
      at += array.length;
    }
    return out;
  }

  private header() {
    const { backend, layer, batch } = this;
    return { format, version, backend, layer, batch };
  }
}

const magic = new TextEncoder().encode('RXRECUR1');

/** True for a snapshot and for its parsed JSON. */
export function isSnapshot(value: unknown): value is { readonly format: typeof format } {
  return (
    typeof value === 'object' && value !== null && 'format' in value && value.format === format
  );
}

/**
 * The snapshot in the bytes of `toBytes`. Throws a RecurError for bytes that are anything else.
 *
 * @example
 * model.restore(snapshotFromBytes(bytes));
 */
export function snapshotFromBytes(bytes: Uint8Array): Snapshot {
  const where = 'snapshotFromBytes';
  const known = bytes instanceof Uint8Array && magic.every((byte, i) => bytes[i] === byte);
  if (!known || bytes.length < 12) {
    throw mismatch(where, "bytes that begin with 'RXRECUR1'", describe(bytes));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 12 + view.getUint32(8, true);
  if (start > bytes.length) {
    throw mismatch(where, `at least ${start} bytes`, `${bytes.length}`, 'the file is cut short');
  }
  const payload = bytes.subarray(start);
  const fetch: Fetch = ({ at, length }, path) => {
    const inside = isCount(at) && isCount(length) && at + length <= payload.length;
    if (!inside) throw mismatch(path, `a range of ${payload.length} bytes`, `${at} + ${length}`);
    return payload.subarray(at, at + length);
  };
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(12, start)),
    );
  } catch (cause) {
    throw new RecurError({ where, expected: 'a JSON header', got: String(cause), cause });
  }
  return parse(header, fetch);
}

/** A snapshot from itself or its parsed JSON; throws a RecurError for anything else. */
export function toSnapshot(value: unknown): Snapshot {
  if (value instanceof Snapshot) return value;
  return parse(value, ({ data }, path) => fromBase64(data, path));
}

/** `toSnapshot` into one that nobody else can change. */
export function copySnapshot(value: unknown): Snapshot {
  const snapshot = toSnapshot(value);
  return new Snapshot(snapshot, copyValue(snapshot.state));
}

function parse(value: unknown, fetch: Fetch): Snapshot {
  if (!isSnapshot(value)) {
    throw mismatch('snapshot', `an object with format '${format}'`, describe(value));
  }
  const {
    version: written,
    backend,
    layer,
    batch,
    state,
  } = value as Readonly<Record<string, unknown>>;
  if (written !== version) throw mismatch('snapshot.version', String(version), describe(written));
  if (typeof backend !== 'string' || !(backends as readonly string[]).includes(backend)) {
    throw mismatch('snapshot.backend', backends.join(' or '), describe(backend));
  }
  if (typeof layer !== 'string')
    throw mismatch('snapshot.layer', "a layer's text", describe(layer));
  if (batch !== null && !isCount(batch)) {
    throw mismatch('snapshot.batch', 'null or a count', describe(batch));
  }
  const decoded = decode(state, fetch, 'snapshot.state');
  return new Snapshot({ backend: backend as Backend, layer, batch }, decoded);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
