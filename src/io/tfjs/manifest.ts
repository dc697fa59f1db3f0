import { demand, describe, mismatch } from '../../errors.js';
import { typedArrayName } from '../../streams/values.js';
import { floats } from '../dtypes.js';
import { quoted } from '../json.js';
import { Fields, shown } from '../keras/fields.js';
import type { StoredTensor } from '../keras/weights.js';

/** Tensors of a model, and dimensions of one; far more than networks have. */
const limits = { tensors: 2 ** 12, dimensions: 8 };

/** Bytes of a number as it is stored, and how it is read. */
interface Kind {
  readonly width: number;
  read(view: DataView, at: number): number;
}

const kinds: Readonly<Record<string, Kind>> = {
  float32: { width: 4, read: floats.F32 },
  float16: { width: 2, read: floats.F16 },
  int32: { width: 4, read: (view, at) => view.getInt32(at, true) },
  uint16: { width: 2, read: (view, at) => view.getUint16(at, true) },
  uint8: { width: 1, read: (view, at) => view.getUint8(at) },
  bool: { width: 1, read: (view, at) => view.getUint8(at) },
};

/** Kinds that a weight may be of; the others are those of quantised ones. */
const plainKinds = ['float32', 'int32', 'uint8', 'bool'];
const quantisedKinds = ['uint8', 'uint16', 'float16'];

interface Group {
  readonly paths: number;
  readonly specs: readonly Spec[];
  readonly bytes: number;
}

interface Spec {
  readonly where: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  readonly kind: Kind;
  readonly scale: number;
  readonly min: number;
  /** True for a number of training, which `includeOptimizer` puts beside the model's. */
  readonly isOptimizer: boolean;
}

/** The tensors that a `weightsManifest` tells of; shards must have exactly their bytes. */
export function tensorsOf(
  manifest: readonly unknown[],
  shards: Uint8Array | readonly Uint8Array[],
): readonly StoredTensor[] {
  demand(manifest.length <= limits.tensors, 'weightsManifest', 'fewer groups', manifest.length);
  const groups = manifest.map((group, i) => groupOf(new Fields(`weightsManifest[${i}]`, group)));
  const data = joined(groups, shards);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let next = 0;
  return groups
    .flatMap(({ specs }) => specs)
    .flatMap(spec => {
      const begin = next;
      next += spec.size * spec.kind.width;
      if (spec.isOptimizer) return [];
      return [{ name: spec.name, shape: spec.shape, read: () => valuesOf(spec, view, begin) }];
    });
}

/** A buffer of a model in memory, or several that follow one another, as bytes. */
export function bytesOf(weightData: unknown): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(weightData) ? weightData : [weightData];
  return list.map(data => {
    if (typedArrayName(data) === 'Uint8Array') return data as Uint8Array;
    const isBuffer = Object.prototype.toString.call(data) === '[object ArrayBuffer]';
    if (isBuffer) return new Uint8Array(data as ArrayBuffer);
    throw mismatch('weightData', 'an ArrayBuffer, or a list of them', describe(data));
  });
}

function groupOf(group: Fields): Group {
  const paths = group.list('paths').length;
  const weights = group.list('weights');
  const ok = paths <= limits.tensors && weights.length <= limits.tensors;
  demand(ok, group.where, `at most ${limits.tensors} weights`, weights.length);
  const specs = weights.map((weight, i) => specOf(new Fields(`${group.where}[${i}]`, weight)));
  const bytes = specs.reduce((sum, { size, kind }) => sum + size * kind.width, 0);
  return { paths, specs, bytes };
}

/** Refuses fields that say something else than is read. */
function checkNames(fields: Fields, where: string, known: readonly string[]): void {
  const odd = fields.names().find(name => !known.includes(name) && fields.has(name));
  if (odd !== undefined) throw mismatch(where, `fields of ${known.join(', ')}`, quoted(odd));
}

function specOf(fields: Fields): Spec {
  const name = fields.text('name');
  const where = `weight ${quoted(name)}`;
  checkNames(fields, where, ['name', 'shape', 'dtype', 'group', 'quantization']);
  const shape = fields.list('shape');
  const isShape = shape.every(n => Number.isSafeInteger(n) && (n as number) >= 0);
  demand(isShape && shape.length <= limits.dimensions, `${where} shape`, 'at most 8 counts', shape);
  const dtype = fields.text('dtype');
  const known = plainKinds.includes(dtype);
  if (!known) throw mismatch(`${where} dtype`, plainKinds.join(', '), quoted(dtype));
  const isOptimizer = fields.value('group') === 'optimizer';
  const size = product(shape as number[]);
  const plain = { where, name, shape: shape as number[], size, isOptimizer };
  if (!fields.has('quantization')) return { ...plain, kind: kinds[dtype], scale: 1, min: 0 };
  const quantization = fields.as(where).object('quantization');
  checkNames(quantization, where, ['dtype', 'scale', 'min', 'original_dtype']);
  const stored = quantization.text('dtype');
  if (!quantisedKinds.includes(stored) || dtype !== 'float32') {
    const got = `${quoted(dtype)} as ${quoted(stored)}`;
    throw mismatch(where, `float32 as ${quantisedKinds.join(', ')}`, got);
  }
  const [scale, min] = stored === 'float16' ? [1, 0] : [numberIn('scale'), numberIn('min')];
  return { ...plain, kind: kinds[stored], scale, min };

  function numberIn(field: string): number {
    return quantization.number(field, Number.NaN);
  }
}

/** Counts beyond 2⁵³ lose digits, and are then still far more than there are bytes. */
function product(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** The shards in one; each group's must have the bytes of its weights. */
function joined(groups: readonly Group[], given: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const shard of list) {
    if (typedArrayName(shard) === 'Uint8Array') continue;
    throw mismatch('shards', 'bytes as Uint8Arrays', describe(shard));
  }
  const shards = list as readonly Uint8Array[];
  const total = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  const size = shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const paths = groups.reduce((sum, group) => sum + group.paths, 0);
  if (Array.isArray(given) && shards.length !== 1 && shards.length !== paths) {
    throw mismatch(
      'shards',
      `${paths}, as many as there are paths, or all in one`,
      `${shards.length}`,
    );
  }
  if (size !== total) throw mismatch('shards', `${total} bytes`, String(size), 'one is cut short');
  if (shards.length === 1) return shards[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const shard of shards) {
    all.set(shard, at);
    at += shard.byteLength;
  }
  return all;
}

/** The numbers of a tensor; a quantised one is q · scale + min, as tfjs has it. */
function valuesOf({ kind, size, scale, min, where }: Spec, view: DataView, begin: number) {
  const values = new Float32Array(size);
  for (let i = 0, at = begin; i < size; i++, at += kind.width) {
    const stored = kind.read(view, at);
    values[i] = stored * scale + min;
    if (kind === kinds.int32 && values[i] !== stored) {
      throw mismatch(where, 'whole numbers that float32 holds', shown(stored));
    }
  }
  return values;
}
