import type { NdView } from '../../arrays/ndarray.js';
import { describe, mismatch } from '../../errors.js';
import { typedArrayName } from '../../streams/values.js';
import { quoted } from '../json.js';
import { misread } from '../misread.js';
import { refusing } from '../refusals.js';
import { zipEntries } from '../zip.js';
import { readArray } from './read-npy.js';
import { roomOf } from './room.js';

/**
 * The arrays by name in the bytes of a `.npz` file, as `numpy.savez` and `savez_compressed` write
 * it, each as `readNpy` reads one. The record has no prototype: any name is safe to look up.
 *
 * Throws a RecurError, and returns nothing, for an archive that is damaged or contradicts itself,
 * for one that unpacks to more than twice its size and 8 MB, or to more numbers than three times
 * its size and 48 MB hold, and for an array that `readNpy` refuses.
 *
 * @example
 * const bytes = Uint8Array.of(80, 75, 5, 6, ...new Uint8Array(18)); // an archive of nothing
 * Object.keys(readNpz(bytes)).length; // → 0
 */
export function readNpz(bytes: Uint8Array): Readonly<Record<string, NdView>> {
  return refusing('npz', () => {
    if (typedArrayName(bytes) !== 'Uint8Array') {
      throw mismatch('npz', "a file's bytes as a Uint8Array", describe(bytes));
    }
    const room = roomOf(bytes);
    const arrays: Record<string, NdView> = Object.create(null);
    for (const entry of entriesOf(bytes)) {
      const where = `npz ${quoted(entry.name)}`;
      const name = entry.name.replace(/\.npy$/, '');
      if (name === entry.name) {
        const error = mismatch(where, "a name that ends with '.npy'", 'another');
        throw misread('npz', 'npz', bytes, error);
      }
      arrays[name] = readArray(where, entry.unpack(room), room);
    }
    return arrays;
  });
}

function entriesOf(bytes: Uint8Array) {
  try {
    return zipEntries('npz', bytes);
  } catch (error) {
    throw misread('npz', 'npz', bytes, error);
  }
}
