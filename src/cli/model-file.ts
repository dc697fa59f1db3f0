import { createHash } from 'node:crypto';
import { RecurError } from '../errors.js';
import type { LoadedLayer } from '../io/load.js';
import { besides, bytesOf, formatOf } from './model-format.js';
import { unusable } from './stop.js';

export interface Model {
  readonly layer: LoadedLayer;
  /** SHA-256 of the file, and of those that belong to it. */
  readonly sha256: string;
}

/** A model file that has not been read yet. */
export interface ModelFile {
  /** What kind of file it is. */
  readonly format: string;
  /** Throws a RecurError. */
  read(): Promise<Model>;
}

/** The model file at `path`, of any format. Throws a Stop. */
export async function openModel(path: string): Promise<ModelFile> {
  const bytes = await bytesOf(path);
  const format = formatOf(bytes);
  return {
    format: format.name,
    async read() {
      const others = await besides(path, format.others?.(bytes) ?? []);
      const layer = await format.read(bytes, others);
      const hash = createHash('sha256');
      for (const part of [bytes, ...others]) hash.update(part);
      return { layer, sha256: hash.digest('hex') };
    },
  };
}

/** The model in the file at `path`, of any format. Throws a Stop. */
export async function readModel(path: string): Promise<Model> {
  const file = await openModel(path);
  try {
    return await file.read();
  } catch (error) {
    if (error instanceof RecurError) throw unusable(`${path}: ${error.message}`);
    throw error;
  }
}
