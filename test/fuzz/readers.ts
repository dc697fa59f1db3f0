import type { Reader } from './reader.js';

/** The readers that a module of this folder exports, under whatever name. */
export function readersIn(module: object): readonly Reader[] {
  return Object.values(module).filter((value): value is Reader => {
    const { name, seeds, read } = Object(value) as Partial<Reader>;
    return typeof name === 'string' && typeof seeds === 'function' && typeof read === 'function';
  });
}

/** The modules of this folder that are no readers. */
export const machinery = ['mutate', 'mutate-json', 'random', 'reader', 'readers'];
