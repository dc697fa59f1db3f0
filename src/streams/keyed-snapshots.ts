import { demand, describe, mismatch, RecurError } from '../errors.js';
import type { Backend } from '../kernels/backends.js';
import { decode } from './encoding.js';
import { format, version } from './keyed-bytes.js';
import { littleEndian } from './little-endian.js';
import { packedOffsets, unpacked } from './packed-states.js';
import { Snapshot, toSnapshot } from './snapshot.js';
import type { StateShape } from './state.js';

/** The snapshots of a checkpoint, by key; each is made when it is asked for. */
export interface KeyedSnapshots<K = unknown> extends Iterable<[K, Snapshot]> {
  /** The backend that computed them. */
  readonly backend: Backend;
  /** The layer that they fit, printed with its sizes. */
  readonly layer: string;
  readonly size: number;
  has(key: K): boolean;
  get(key: K): Snapshot | undefined;
  keys(): IterableIterator<K>;
}

/** The same with what loads all of them at once. */
export interface LoadedStates extends KeyedSnapshots {
  readonly graph?: string | undefined;
  readonly weights?: string | undefined;
  /** The states one after another, where they are float32 numbers. */
  readonly packed?: Float32Array | undefined;
}

/** The JSON at the head of a checkpoint. */
interface Head {
  readonly backend: Backend;
  readonly layer: string;
  readonly graph?: string;
  readonly weights?: string;
  readonly shape?: StateShape;
  readonly keys: readonly unknown[];
}

/**
 * The snapshots in the bytes of a checkpoint, `keyed.snapshots()` of `recurBy`. The bytes are
 * copied; their numbers become snapshots one by one, when they are asked for. `restore` takes what
 * it returns.
 *
 * Throws a RecurError that names the place, in bytes, of what is not as it was written.
 *
 * @example
 * let checkpoint = () => new Uint8Array();
 * let bytes = checkpoint();
 * from(['a', 'b', 'a'])
 *   .pipe(
 *     recurBy(gru(1, 2, { seed: 1 }), {
 *       key: (id: string) => id,
 *       select: () => [1],
 *       keyed: keyed => (checkpoint = () => keyed.snapshots()),
 *     }),
 *   )
 *   .subscribe({ complete: () => (bytes = checkpoint()) });
 * const snapshots = keyedSnapshots<string>(bytes);
 * [...snapshots.keys()].join(); // → a,b
 * snapshots.get('a')?.layer; // → Recur(GRUCell(1, 2))
 */
export function keyedSnapshots<K = unknown>(bytes: Uint8Array): KeyedSnapshots<K> {
  return loadedStates(bytes) as unknown as KeyedSnapshots<K>;
}

/** `keyedSnapshots` for the library itself. */
export function loadedStates(bytes: Uint8Array): LoadedStates {
  const isBytes = bytes instanceof Uint8Array;
  demand(isBytes, where, 'the bytes of a checkpoint, a Uint8Array', bytes);
  const { head, begin } = readHead(bytes);
  const states = new Uint8Array(bytes.subarray(begin));
  const keys = head.keys.map(keyFromJson);
  const indices = new Map(keys.map((key, i) => [key, i]));
  if (indices.size < keys.length) {
    throw mismatch(`${where}.keys`, 'different keys', `${keys.length - indices.size} twice`);
  }
  const { shape } = head;
  if (!shape) return new CheckpointReader(head, indices, lineReader(head, states, begin));
  const packed = packedStates(head, shape, states, begin);
  return new CheckpointReader(head, indices, packedReader(head, shape, packed), packed);
}

const where = 'keyedSnapshots';

class CheckpointReader implements LoadedStates {
  readonly backend: Backend;
  readonly layer: string;
  readonly graph: string | undefined;
  readonly weights: string | undefined;
  readonly packed: Float32Array | undefined;
  readonly #indices: ReadonlyMap<unknown, number>;
  readonly #snapshotAt: (i: number) => Snapshot;

  constructor(
    { backend, layer, graph, weights }: Head,
    indices: ReadonlyMap<unknown, number>,
    snapshotAt: (i: number) => Snapshot,
    packed?: Float32Array,
  ) {
    this.backend = backend;
    this.layer = layer;
    this.graph = graph;
    this.weights = weights;
    this.packed = packed;
    this.#indices = indices;
    this.#snapshotAt = snapshotAt;
  }

  get size(): number {
    return this.#indices.size;
  }

  has(key: unknown): boolean {
    return this.#indices.has(key);
  }

  get(key: unknown): Snapshot | undefined {
    const i = this.#indices.get(key);
    return i === undefined ? undefined : this.#snapshotAt(i);
  }

  keys(): IterableIterator<unknown> {
    return this.#indices.keys();
  }

  *[Symbol.iterator](): IterableIterator<[unknown, Snapshot]> {
    for (const [key, i] of this.#indices) yield [key, this.#snapshotAt(i)];
  }
}

function readHead(bytes: Uint8Array): { readonly head: Head; readonly begin: number } {
  const { buffer, byteOffset, length } = bytes;
  if (length < 4) throw mismatch(where, 'four bytes that say where the states begin', `${length}`);
  const begin = 4 + new DataView(buffer, byteOffset).getUint32(0, true);
  if (begin > length) {
    const hint = 'they were cut off, or are something else';
    throw mismatch(where, `the states from byte ${begin} on`, `${length} bytes`, hint);
  }
  let json: unknown;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    json = JSON.parse(decoder.decode(bytes.subarray(4, begin)));
  } catch (cause) {
    const expected = `JSON in UTF-8 in bytes 4 to ${begin}`;
    throw new RecurError({ where, expected, got: String(cause), cause });
  }
  const head = Object(json) as Head & { readonly format: unknown; readonly version: unknown };
  demand(head.format === format, `${where}.format`, `'${format}'`, head.format);
  demand(head.version === version, `${where}.version`, String(version), head.version);
  demand(Array.isArray(head.keys), `${where}.keys`, 'an array', head.keys);
  // Refuses a backend and a layer that no snapshot has.
  snapshotOf(head, 0, null);
  if (head.shape !== undefined) checkShape(head.shape, `${where}.shape`, 0);
  return { head, begin };
}

/** What a snapshot's JSON would say, decoded and checked. */
function snapshotOf(head: Head, batch: unknown, state: unknown): Snapshot {
  const blank = new Snapshot(headerOf(head), null).toJSON();
  return toSnapshot(where, { ...blank, batch, state });
}

const headerOf = ({ backend, layer, graph, weights }: Head) => ({
  ...{ backend, layer, batch: 0 },
  ...(graph !== undefined && { graph }),
  ...(weights !== undefined && { weights }),
});

function packedStates(
  { keys }: Head,
  shape: StateShape,
  bytes: Uint8Array<ArrayBuffer>,
  begin: number,
): Float32Array {
  const size = packedOffsets(shape).at(-1) ?? 0;
  if (bytes.length !== keys.length * size * 4) {
    const states = `${keys.length} states of ${size} float32 numbers`;
    const expected = `${keys.length * size * 4} bytes from byte ${begin} on (${states})`;
    throw mismatch(where, expected, `${bytes.length} bytes`);
  }
  const floats = new Float32Array(bytes.buffer);
  littleEndian(floats);
  return floats;
}

function packedReader(head: Head, shape: StateShape, floats: Float32Array) {
  const header = headerOf(head);
  const offsets = packedOffsets(shape);
  const size = offsets[offsets.length - 1];
  return (i: number) => new Snapshot(header, unpacked(shape, offsets, floats, i * size));
}

function lineReader(head: Head, bytes: Uint8Array, begin: number) {
  const begins = [0];
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) begins.push(at + 1);
  const { length } = head.keys;
  if (begins.length !== length + 1 || begins[length] !== bytes.length) {
    const expected = `${length} lines of JSON from byte ${begin} on, one a key`;
    const got = `${begins.length - 1} and ${bytes.length - (begins.at(-1) ?? 0)} bytes more`;
    throw mismatch(where, expected, got);
  }
  return (i: number) => {
    let json: unknown;
    try {
      const line = bytes.subarray(begins[i], begins[i + 1]);
      json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    } catch (cause) {
      const expected = `a line of JSON at byte ${begin + begins[i]}`;
      throw new RecurError({ where, expected, got: String(cause), cause });
    }
    const isPair = Array.isArray(json) && json.length === 2;
    demand(isPair, where, `[batch, state] at byte ${begin + begins[i]}`, json);
    const [batch, state] = json as readonly unknown[];
    return snapshotOf(head, batch, state);
  };
}

function keyFromJson(json: unknown, i: number): unknown {
  const at = `${where}.keys[${i}]`;
  const { $: tag, value } = Object(json) as { readonly $?: unknown; readonly value?: unknown };
  if (tag === 'bigint') {
    demand(typeof value === 'string' && /^-?\d+$/.test(value), at, 'a whole number', value);
    return BigInt(value);
  }
  const key = decode(json, at);
  demand(typeof key !== 'object' || key === null, at, 'a string, a number or the like', key);
  return key;
}

/** Deeper than any network is. */
const deepest = 64;

function checkShape(shape: unknown, at: string, depth: number): void {
  const { members, variables, layer, kind } = Object(shape) as Record<string, unknown>;
  if (members !== undefined) {
    const expected = `networks in networks, at most ${deepest} deep`;
    if (depth > deepest) throw mismatch(`${where}.shape`, expected, 'more');
    demand(Array.isArray(members), `${at}.members`, 'an array', members);
    demand(kind === undefined || typeof kind === 'string', `${at}.kind`, 'a name', kind);
    for (const [i, member] of members.entries()) checkShape(member, `${at}[${i}]`, depth + 1);
    return;
  }
  demand(typeof layer === 'string', `${at}.layer`, "a layer's name", layer);
  demand(Array.isArray(variables), `${at}.variables`, 'names and sizes', variables);
  for (const variable of variables) {
    const { name, size } = Object(variable) as Record<string, unknown>;
    demand(typeof name === 'string', `${at}.name`, 'a name', name);
    const isSize = Number.isSafeInteger(size) && (size as number) > 0;
    demand(isSize && (size as number) < 2 ** 32, `${at}.${describe(name)}`, 'a size', size);
  }
}
