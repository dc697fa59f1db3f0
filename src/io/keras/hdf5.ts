import { mismatch } from '../../errors.js';
import { quoted, textOfBytes } from '../json.js';
import { type Room, roomOf } from '../npy/room.js';
import { Hdf5Layout, type Hdf5Object } from './hdf5-layout.js';
import type { StoredTensor } from './weights.js';

/*
 * HDF5 is read here, as far as Keras's files have it, and not by a library. jsfive inflates chunks
 * without a limit, takes 0.25 µs a number, and reads a float of any form as one of IEEE 754; what
 * it follows would have to be walked before. h5wasm, the C library in WebAssembly, is 4 MB, must be
 * awaited, and would leave a hostile file alone with a parser that nothing here could stop.
 */

/** How deep groups lie within each other: model within model within model. */
const deepest = 64;

/** An HDF5 file of Keras's. */
export interface Hdf5File {
  /** An attribute of the file itself, which is text; undefined where there is none. */
  text(name: string): string | undefined;
  /** True if the file has a group, or a dataset, of that name. */
  has(name: string): boolean;
  /** The datasets in a group, which may be the file itself (''), by their paths within. */
  tensors(group: string): readonly StoredTensor[];
}

/** Opens a file; throws a RecurError for one that is not as Keras writes them. */
export function hdf5(where: string, bytes: Uint8Array): Hdf5File {
  const layout = new Hdf5Layout(where, bytes);
  const root = layout.objectAt(layout.root);
  if (!root.links) throw mismatch(where, 'an HDF5 file with groups', 'one dataset');
  const links = root.links;
  const source = { where, layout, room: roomOf(bytes) };
  return {
    text(name) {
      const text = layout.text(root, name);
      // A string of fixed length is filled up with zeros.
      return text && textOfBytes(`${where} ${name}`, text).replace(/\0+$/, '');
    },
    has: name => links.has(name),
    tensors(group) {
      const address = links.get(group);
      const object = address === undefined ? undefined : layout.objectAt(address);
      const own = group === '' ? root : object;
      return own ? tensorsIn(source, own, []) : [];
    },
  };
}

/** What reading a file takes. */
interface Source {
  readonly where: string;
  readonly layout: Hdf5Layout;
  readonly room: Room;
}

/** All datasets below a group, whose names go on from the group that was asked for. */
function tensorsIn(
  source: Source,
  { links = new Map() }: Hdf5Object,
  path: readonly string[],
): readonly StoredTensor[] {
  const { where, layout, room } = source;
  if (path.length > deepest) throw mismatch(where, `groups at most ${deepest} deep`, 'deeper ones');
  return [...links].flatMap(([own, address]) => {
    const member = layout.objectAt(address);
    const below = [...path, own];
    if (!member.dataset) return tensorsIn(source, member, below);
    const { shape, numbers } = member.dataset;
    const name = below.join('/');
    return [{ name, shape, read: () => numbers(`${where} ${quoted(name)}`, room) }];
  });
}
