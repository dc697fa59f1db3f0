import { describe } from '../errors.js';
import { portable } from '../kernels/backends.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { children } from '../streams/children.js';

/** Why a model, or a part of it, runs as plain JavaScript here; undefined if all of it is compiled. */
export function whyNotCompiled(cell: AnyCell): string | undefined {
  const { engines } = cell[internals];
  if (engines) {
    if (engines.get().backend !== portable) return undefined;
    const { refusal } = engines;
    return refusal ? textOf(refusal) : 'this engine has no WebAssembly with SIMD, or forbids it';
  }
  const reasons = children(cell).map(whyNotCompiled);
  return reasons.find(why => why !== undefined);
}

function textOf(refusal: unknown): string {
  const { message } = Object(refusal) as { message?: unknown };
  return typeof message === 'string' ? message : describe(refusal);
}
