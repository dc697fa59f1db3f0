import { createHash } from 'node:crypto';
import { RecurError } from '../errors.js';
import type { LoadedLayer } from '../io/load.js';
import { bytesOf } from './file-bytes.js';
import { besides, formatOf } from './model-format.js';
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
    throw asStop(path, error);
  }
}

/** What a reader threw as the end of the command, where it is no fault of the library. */
export function asStop(path: string, error: unknown): unknown {
  if (error instanceof RecurError) return unusable(`${path}: ${error.message}`);
  // A reader's optional peer.
  const missing = /Cannot find package '([\w@/-]+)'/.exec(String(error))?.[1];
  return missing ? unusable(`${path}: to read it install the package ${missing}`) : error;
}
