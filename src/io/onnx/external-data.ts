import { demand, mismatch } from '../../errors.js';
import { isPlainObject, typedArrayName } from '../../streams/values.js';
import { quoted } from '../json.js';
import type { ExternalEntry, GraphProto, TensorProto } from './proto.js';
import { bytesOf, whereOf } from './tensor.js';

/** Bytes of the files beside an ONNX file, by the names that it calls them. */
export type DataFiles = Readonly<Record<string, Uint8Array>>;

/** What a tensor says of its numbers in another file. */
interface DataLocation {
  readonly file: string;
  readonly offset: number;
  /** Undefined: as many bytes as its shape needs. */
  readonly length: number | undefined;
}

const dataLocation = { here: 0, elsewhere: 1 };

/** The names of the files that hold numbers of a graph's. */
export function dataFilesOf(graph: GraphProto): string[] {
  return [...new Set(tensorsIn(graph).map(([name, { external }]) => placeOf(name, external).file))];
}

/**
 * Lets the tensors whose numbers lie in other files have them: views of those files' bytes. Throws
 * a RecurError that names the tensor, and the file if it is missing or too short.
 */
export function attachData(where: string, graph: GraphProto, data: DataFiles): void {
  demand(
    isPlainObject(data),
    `${where}.data`,
    'an object of bytes by the name of their file',
    data,
  );
  const names = Object.keys(data);
  for (const name of names) {
    const of = `${where}.data ${quoted(name)}`;
    demand(typedArrayName(data[name]) === 'Uint8Array', of, "a file's bytes", data[name]);
  }
  const files = new Map(names.map(name => [nameOf(name), data[name]]));
  const used = new Set<string>();
  for (const [name, tensor] of tensorsIn(graph)) {
    const place = placeOf(name, tensor.external);
    const bytes = files.get(place.file);
    if (!bytes) {
      const remedy = `give its bytes: ${where}(bytes, { data: { ${quoted(place.file)}: … } })`;
      const expected = `its numbers, which are in the file ${quoted(place.file)}`;
      throw mismatch(whereOf(name), expected, 'none', remedy);
    }
    used.add(place.file);
    tensor.raw = viewOf(name, tensor, place, bytes);
  }
  const unused = names.find(name => !used.has(nameOf(name)));
  if (unused === undefined) return;
  const known = [...used].slice(0, 8).map(quoted).join(', ') || 'none';
  throw mismatch(`${where}.data`, `files that the model names (${known})`, quoted(unused));
}

/** Tensors whose numbers lie in other files, of initializers and of attributes; with names. */
function tensorsIn({ initializers, nodes }: GraphProto): (readonly [string, TensorProto])[] {
  const all = [
    ...initializers.map(tensor => [tensor.name, tensor] as const),
    ...nodes.flatMap(({ attributes, outputs }) =>
      attributes.flatMap(({ tensor }) =>
        tensor ? [[tensor.name || (outputs[0] ?? ''), tensor] as const] : [],
      ),
    ),
  ];
  const inner = nodes.flatMap(({ attributes }) =>
    attributes.flatMap(({ graph }) => (graph ? tensorsIn(graph) : [])),
  );
  const outer = all.filter(([name, { location }]) => {
    const isKnown = location === dataLocation.here || location === dataLocation.elsewhere;
    if (!isKnown) throw mismatch(whereOf(name), 'data_location 0 or 1', String(location));
    return location === dataLocation.elsewhere;
  });
  return [...outer, ...inner];
}

/** Paths in a model's own folder are the same with and without `./`. */
const nameOf = (location: string) => location.replace(/^(\.\/)+/, '');

function placeOf(name: string, external: readonly ExternalEntry[]): DataLocation {
  const where = `${whereOf(name)}.external_data`;
  const entries = new Map(external.map(({ key, value }) => [key, value]));
  if (entries.size < external.length) throw mismatch(where, 'every key once', 'one twice');
  if (entries.has('checksum')) {
    const remedy =
      'it is not checked here; save the model once more, as onnx.save does, without it';
    throw mismatch(where, 'no checksum', 'one', remedy);
  }
  // What onnxruntime keeps of weights that it has put in another order, beside them.
  const known = /^(location|offset|length|prepacked_.*)$/;
  const strange = [...entries.keys()].find(key => !known.test(key));
  if (strange !== undefined) {
    throw mismatch(where, 'the keys location, offset and length', quoted(strange));
  }
  const file = nameOf(entries.get('location') ?? '');
  if (file === '') throw mismatch(where, 'the location of its numbers', 'none');
  const count = (key: string) => countOf(where, key, entries.get(key));
  return { file, offset: count('offset') ?? 0, length: count('length') };
}

function countOf(where: string, key: string, text: string | undefined) {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw mismatch(where, `a number of bytes as its ${key}`, quoted(text));
}

function viewOf(
  name: string,
  tensor: TensorProto,
  { file, offset, length }: DataLocation,
  bytes: Uint8Array,
): Uint8Array {
  const where = whereOf(name);
  if (tensor.raw?.length || tensor.numbers.length || tensor.packed.length) {
    throw mismatch(where, 'its numbers in one place', `some here, and some in ${quoted(file)}`);
  }
  const needed = length ?? bytesOf(tensor);
  if (offset + needed <= bytes.length) return bytes.subarray(offset, offset + needed);
  const expected = `${needed} bytes at ${offset} of ${quoted(file)}`;
  const hint = 'it is cut short, or that of another model';
  throw mismatch(where, expected, `a file of ${bytes.length}`, hint);
}
