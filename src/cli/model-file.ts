import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RecurError } from '../errors.js';
import { type LoadedLayer, load } from '../io/load.js';
import { unusable, unusableFile } from './stop.js';

export interface Model {
  readonly layer: LoadedLayer;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** The model in the file at `path`. */
export async function readModel(path: string): Promise<Model> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unusableFile(path, error);
  }
  try {
    const layer = load(bytes);
    return { layer, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (error instanceof RecurError) throw unusable(`${path}: ${error.message}`);
    throw error;
  }
}
