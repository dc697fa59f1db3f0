import * as jsfive from 'jsfive';
import { sizeOf } from '../../arrays/ndarray.js';
import { mismatch } from '../../errors.js';
import { printable, quoted } from '../json.js';
import { Hdf5Layout, type Hdf5Object } from './hdf5-layout.js';
import type { StoredTensor } from './weights.js';

/*
 * jsfive reads HDF5 in plain JavaScript (60 kB; NIST's, kept since 2018, public domain): at once,
 * without eval, a network or memory of its own. h5wasm, the C library in WebAssembly, is 4 MB, must
 * be awaited, and would leave a hostile file alone with a parser that nothing here could stop. What
 * jsfive does not check, Hdf5Layout checks before. Numbers that are float32 as they lie there need
 * no library, and are most of every file; jsfive reads attributes, and numbers of other kinds.
 */

/** How deep groups lie within each other: model within model within model. */
const deepest = 64;

/** An HDF5 file of Keras's. */
export interface Hdf5File {
  /** An attribute of the file itself, if it is text. */
  text(name: string): string | undefined;
  /** True if the file has a group, or a dataset, of that name. */
  has(name: string): boolean;
  /** The datasets in a group, which may be the file itself (''), by their paths within. */
  tensors(group: string): readonly StoredTensor[];
}

/** Opens a file; throws a RecurError for one that is not as Keras writes them. */
export function hdf5(where: string, bytes: ArrayBuffer): Hdf5File {
  const layout = new Hdf5Layout(where, bytes);
  const root = layout.objectAt(layout.root);
  if (!root.links) throw mismatch(where, 'an HDF5 file with groups', 'one dataset');
  const links = root.links;
  const library = jsfiveOf(where, bytes);
  return {
    text(name) {
      layout.checkAttributes(root);
      const value = library.attribute(name);
      // A string of fixed length is filled up with zeros.
      return typeof value === 'string' ? value.replace(/\0+$/, '') : undefined;
    },
    has: name => links.has(name),
    tensors(group) {
      const address = links.get(group);
      const object = address === undefined ? undefined : layout.objectAt(address);
      const own = group === '' ? root : object;
      return own ? tensorsIn({ where, layout, bytes, library }, own, [group], 0) : [];
    },
  };
}

/** What reading a file takes. */
interface Source {
  readonly where: string;
  readonly layout: Hdf5Layout;
  readonly bytes: ArrayBuffer;
  readonly library: ReturnType<typeof jsfiveOf>;
}

/** All datasets below a group, whose names go on from the group that was asked for. */
function tensorsIn(
  source: Source,
  { links = new Map() }: Hdf5Object,
  path: readonly string[],
  depth: number,
): readonly StoredTensor[] {
  const { where, layout } = source;
  if (depth > deepest) throw mismatch(where, `groups at most ${deepest} deep`, 'deeper ones');
  return [...links].flatMap(([name, address]) => {
    const member = layout.objectAt(address);
    const below = [...path, name];
    return member.links
      ? tensorsIn(source, member, below, depth + 1)
      : [tensorOf(source, member, below)];
  });
}

function tensorOf(
  { where, bytes, library }: Source,
  { shape = [], begin, isFloat32, trouble }: Hdf5Object,
  path: readonly string[],
): StoredTensor {
  const name = path.slice(1).join('/');
  return {
    name,
    shape,
    read() {
      const at = `${where} ${quoted(name)}`;
      const hint = 'h5repack -f NONE -l CONTI writes them so';
      if (trouble) throw mismatch(at, 'floats, one after another', trouble, hint);
      const values = new Float32Array(begin === undefined ? 0 : sizeOf(shape));
      if (isFloat32) {
        const view = new DataView(bytes, begin);
        for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
      } else if (begin !== undefined) values.set(library.numbers(path));
      return values;
    },
  };
}

/** The file as jsfive has it, which is opened when somebody asks, each group once. */
function jsfiveOf(where: string, bytes: ArrayBuffer) {
  const groups = new Map<string, jsfive.Group>();
  const groupAt = (path: readonly string[]): jsfive.Group => {
    const key = path.join('/');
    const known = groups.get(key);
    if (known) return known;
    const parent = path.slice(0, -1);
    const own = path.length ? groupAt(parent).get(path[parent.length]) : new jsfive.File(bytes);
    groups.set(key, own as jsfive.Group);
    return own as jsfive.Group;
  };
  return {
    attribute: (name: string): unknown =>
      safely(where, () => {
        const { attrs } = groupAt([]);
        return Object.hasOwn(attrs, name) ? attrs[name] : undefined;
      }),
    numbers: (path: readonly string[]): readonly number[] =>
      safely(where, () => {
        const own = path.filter(name => name !== '');
        const dataset = groupAt(own.slice(0, -1)).get(own[own.length - 1]);
        return (dataset as jsfive.Dataset).value;
      }),
  };
}

/** Runs jsfive, which throws strings, and errors of the engine's, for files that are none. */
function safely<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw mismatch(where, 'an HDF5 file that jsfive reads', printable(String(error), 80));
  }
}
