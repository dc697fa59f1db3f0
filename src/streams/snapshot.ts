import { demand, mismatch, RecurError } from '../errors.js';
import type { Backend } from '../kernels/backends.js';
import type { AnyCell } from './cell.js';
import { graphOf } from './digest.js';
import { checkPlain, decode, encode } from './encoding.js';
import { layerSignature } from './model.js';
import type { Batch } from './state.js';
import { copyValue } from './values.js';

const backendNames: readonly string[] = ['portable', 'simd', 'relaxed-fma', 'relaxed-nofma'];

const format = 'rxrecur/state';
const version = 1;

/** The fields of a snapshot that tell what it is of. */
interface Header {
  readonly backend: string;
  readonly layer: string;
  readonly batch: Batch;
  /** Digests of the model's equations and of its parameters; older snapshots have none. */
  readonly graph?: string | undefined;
  readonly weights?: string | undefined;
}

/**
 * A model's place in a stream: a copy of its state that nobody else changes. `JSON.stringify` and
 * `toBytes` lose nothing; `restore` takes the snapshot, its parsed JSON, or `snapshotFromBytes`.
 *
 * @example
 * const m = stateful(gruCell(1, 2, { seed: 1 }));
 * m(1);
 * const text = JSON.stringify(m.snapshot());
 * const again = stateful(gruCell(1, 2, { seed: 1 }), { restore: JSON.parse(text) });
 * String(again(2)) === String(m(2)); // → true
 */
export class Snapshot<S = unknown> implements Header {
  readonly format = format;
  readonly version = version;
  /** The backend that computed it. */
  declare readonly backend: Backend;
  /** The layer that it fits, printed with its sizes. */
  declare readonly layer: string;
  /** Columns of the batch; 0 for plain vectors, null before the first datum. */
  declare readonly batch: Batch;
  /** A digest of the layer's equations: a state goes on in a layer with the same one. */
  declare readonly graph?: string | undefined;
  /** A digest of the parameters that computed it. `restore` does not ask for the same ones. */
  declare readonly weights?: string | undefined;
  declare readonly state: S;

  /** Throws a RecurError that names the path of anything in the state that is not plain data. */
  constructor(header: Header & { readonly backend: Backend }, state: S) {
    checkPlain(state);
    Object.assign(this, header, { state });
  }

  /** Plain JSON; arrays as base64 of their little-endian bytes. */
  toJSON(): object {
    return { ...this, state: encode(this.state) };
  }

  /** The JSON text in UTF-8; see `snapshotFromBytes`. */
  toBytes(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this));
  }
}

/** True for a snapshot and for its parsed JSON. */
export function isSnapshot(value: unknown): value is { readonly format: typeof format } {
  return typeof value === 'object' && (value as { format?: unknown } | null)?.format === format;
}

/**
 * The snapshot in the bytes of `toBytes`. Throws a RecurError for bytes that are anything else.
 *
 * @example
 * const m = stateful(gruCell(1, 2));
 * const bytes = m.snapshot().toBytes();
 * m.restore(snapshotFromBytes(bytes));
 */
export function snapshotFromBytes(bytes: Uint8Array): Snapshot {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return toSnapshot('snapshot', JSON.parse(text));
  } catch (cause) {
    if (cause instanceof RecurError) throw cause;
    const where = 'snapshotFromBytes';
    const expected = 'the bytes of a snapshot, JSON in UTF-8';
    throw new RecurError({ where, expected, got: String(cause), cause });
  }
}

/** A snapshot from itself or its parsed JSON; throws a RecurError for anything else. */
export function toSnapshot(where: string, value: unknown): Snapshot {
  if (value instanceof Snapshot) return value;
  demand(isSnapshot(value), where, `a snapshot, with format '${format}'`, value);
  const { state, ...header } = value as unknown as Snapshot;
  const { version: written, backend, layer, batch, graph, weights } = header;
  demand(written === version, 'snapshot.version', String(version), written);
  const isKnown = backendNames.includes(backend);
  demand(isKnown, 'snapshot.backend', `one of ${backendNames.join(', ')}`, backend);
  demand(typeof layer === 'string', 'snapshot.layer', "a layer's text", layer);
  const isCount = Number.isSafeInteger(batch) && (batch as number) >= 0;
  demand(batch === null || isCount, 'snapshot.batch', 'null or a count', batch);
  for (const [name, digest] of Object.entries({ graph, weights })) {
    const fits = digest === undefined || /^[\da-f]{16}$/.test(digest);
    demand(fits, `snapshot.${name}`, '16 hexadecimal digits', digest);
  }
  const given = { backend, layer, batch, ...(graph && { graph }), ...(weights && { weights }) };
  return new Snapshot(given, decode(state, 'snapshot.state'));
}

/** `toSnapshot` into one that nobody else can change. */
export function copySnapshot(value: unknown): Snapshot {
  const snapshot = toSnapshot('restore', value);
  return new Snapshot(snapshot, copyValue(snapshot.state));
}

/** Refuses a snapshot of another model, by its text and by its digest if it has one. */
export function checkFits({ layer, graph }: Pick<Header, 'layer' | 'graph'>, cell: AnyCell): void {
  const text = layerSignature(cell);
  if (layer !== text) throw mismatch('restore', `a snapshot of ${text}`, `one of ${layer}`);
  if (graph === undefined) return;
  const own = graphOf(cell);
  if (graph === own) return;
  const hint = 'the text of a cell is another one now';
  throw mismatch('restore', `a snapshot of the equations ${own}`, `one of ${graph}`, hint);
}
