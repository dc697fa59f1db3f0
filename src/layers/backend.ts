import { internals } from '../equations/cell.js';
import type { Backend } from '../kernels/backends.js';
import { cellIn } from './chain.js';
import type { Model } from './members.js';
import { backendOf } from './session.js';

/**
 * What runs a model here: WebAssembly where the engine has SIMD and allows it, else the portable
 * path. Compiles the model if that was not done. Throws a RecurError for what is no model.
 *
 * @example
 * const name = backend(lstm(10, 15)); // 'relaxed-fma' in Node 22 and later, 'simd' in Node 20
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
 * const layer = lstm(10, 15);
 * (await ready(layer)) === backend(layer); // → true
 */
export async function ready(model: Model): Promise<Backend> {
  const cell = cellIn('ready', 'model', model, 'the cell');
  if (!cell) return 'portable';
  const { spec, engines } = cell[internals];
  if (engines) await engines.ready();
  else if (spec.kind === 'chain') await Promise.all(spec.members.map(member => ready(member)));
  return backendOf(cell);
}
