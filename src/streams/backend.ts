import { type Engines, readyEngine } from '../code/engines.js';
import { type Backend, portable } from '../kernels/backends.js';
import { type AnyCell, internals } from './cell.js';
import { children } from './children.js';
import type { Model } from './members.js';
import { cellIn } from './model.js';

/**
 * What runs a model here: WebAssembly where the engine has SIMD and allows it, else the portable
 * path, which it also names if only some of the layers could be compiled. Plain functions and
 * pooling do not count. Compiles the model if that was not done. Throws a RecurError for what is no
 * model.
 *
 * @example
 * const model = lstm(10, 15);
 * backend(model); // 'relaxed-fma' in Node 24, 'simd' in Node 20
 * stateful(model, { backend: 'portable' }).snapshot().backend; // → portable
 */
export function backend(model: Model): Backend {
  const cell = cellIn('backend', 'model', model, 'the cell');
  return cell ? backendOf(cell) : 'portable';
}

/**
 * Compiles a model without blocking, and says what runs it. For browsers that refuse to compile as
 * much at once on the main thread: streams that start later take the compiled code. Rejects with a
 * RecurError for what is no model.
 *
 * @example
 * const model = chain(lstm(10, 15), dense(15, 5));
 * const found = await ready(model);
 * found === backend(model); // → true
 */
export async function ready(model: Model): Promise<Backend> {
  const cell = cellIn('ready', 'model', model, 'the cell');
  if (!cell) return 'portable';
  await Promise.all(enginesIn(cell).map(readyEngine));
  return backendOf(cell);
}

/**
 * What runs a cell: the pinned backend, or the fastest that its layers can have. Where one of them
 * could not be compiled, that is the portable path, whatever runs the others.
 */
export function backendOf(cell: AnyCell, pinned?: Backend): Backend {
  const found = enginesIn(cell).map(engines => engines.get(pinned).backend);
  return found.includes(portable) ? portable : (found[0] ?? portable);
}

/** The engines of a cell: its own, or its members'. Plain functions and pooling have none. */
export function enginesIn(cell: AnyCell): readonly Engines[] {
  const { engines } = cell[internals];
  return engines ? [engines] : children(cell).flatMap(enginesIn);
}
