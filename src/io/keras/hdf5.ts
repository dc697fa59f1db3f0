import * as jsfive from 'jsfive';
import { sizeOf } from '../../arrays/ndarray.js';
import { mismatch } from '../../errors.js';
import { printable, quoted } from '../json.js';
import { Hdf5Layout, type Hdf5Object } from './hdf5-layout.js';
import type { StoredTensor } from './weights.js';

/*
 * jsfive reads HDF5 in plain JavaScript (60 kB; NIST's, kept since 2018, public domain): at once,
 * without eval, a network or memory of its own. h5wasm, the C library in WebAssembly, is 4 MB, must be
 * awaited, and would leave a hostile file alone with a parser that nothing here could stop. What
 * jsfive does not check, Hdf5Layout checks before.
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
  const file = safely(where, () => new jsfive.File(bytes));
  return {
    text(name) {
      layout.checkAttributes(root);
      const value = safely(where, () => {
        return Object.hasOwn(file.attrs, name) ? file.attrs[name] : undefined;
      });
      // A string of fixed length is filled up with zeros.
      return typeof value === 'string' ? value.replace(/\0+$/, '') : undefined;
    },
    has: name => links.has(name),
    tensors(group) {
      const found: StoredTensor[] = [];
      if (group === '') collect(where, layout, { path: '', object: root, group: file }, found);
      const address = links.get(group);
      if (address === undefined) return found;
      const object = layout.objectAt(address);
      const own = safely(where, () => file.get(group)) as jsfive.Group;
      collect(where, layout, { path: '', object, group: own }, found);
      return found;
    },
  };
}

interface Place {
  readonly path: string;
  readonly object: Hdf5Object;
  readonly group: jsfive.Group;
}

/** All datasets below a group. */
function collect(
  where: string,
  layout: Hdf5Layout,
  { path, object, group }: Place,
  found: StoredTensor[],
  depth = 0,
): void {
  if (depth > deepest) throw mismatch(where, `groups at most ${deepest} deep`, 'deeper ones');
  for (const [name, address] of object.links ?? []) {
    const member = layout.objectAt(address);
    const own = safely(where, () => group.get(name));
    const below = path === '' ? name : `${path}/${name}`;
    if (member.links) {
      const place = { path: below, object: member, group: own as jsfive.Group };
      collect(where, layout, place, found, depth + 1);
    } else found.push(tensorOf(where, below, member, own as jsfive.Dataset, layout.file));
  }
}

function tensorOf(
  where: string,
  name: string,
  { shape = [], begin, trouble }: Hdf5Object,
  dataset: jsfive.Dataset,
  bytes: ArrayBuffer,
): StoredTensor {
  return {
    name,
    shape,
    read() {
      const at = `${where} ${quoted(name)}`;
      if (trouble) throw mismatch(at, 'floats, one after another', trouble);
      const values = new Float32Array(begin === undefined ? 0 : sizeOf(shape));
      if (begin === undefined) return values;
      const dtype = safely(at, () => dataset.dtype);
      // jsfive makes an array of numbers, twice as large; of what is float32 already, we need none.
      if (dtype !== '<f4') values.set(safely(at, () => dataset.value));
      else {
        const view = new DataView(bytes, begin);
        for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
      }
      return values;
    },
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
