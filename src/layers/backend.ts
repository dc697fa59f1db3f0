import { type AnyCell, internals } from '../equations/cell.js';
import { readyEngine } from '../equations/engines.js';
import { type Backend, portable } from '../kernels/backends.js';
import { cellIn } from './chain.js';
import type { Model } from './members.js';

/**
 * What runs a model here: WebAssembly where the engine has SIMD and allows it, else the portable
 * path. Compiles the model if that was not done. Throws a RecurError for what is no model.
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
  const { spec, engines } = cell[internals];
  if (engines) await readyEngine(engines);
  else if (spec.kind === 'chain') await Promise.all(spec.members.map(member => ready(member)));
  return backendOf(cell);
}

/** What runs a cell: the pinned backend, or the fastest that it can have. */
export function backendOf(cell: AnyCell, pinned?: Backend): Backend {
  // Its own functions aside, a chain is what its first layer of equations is.
  return ownBackend(cell, pinned) ?? portable;
}

function ownBackend(cell: AnyCell, pinned: Backend | undefined): Backend | undefined {
  const { spec, engines } = cell[internals];
  if (engines) return engines.get(pinned).backend;
  const members = spec.kind === 'chain' ? spec.members : [];
  for (const member of members) {
    const own = ownBackend(member, pinned);
    if (own) return own;
  }
  return undefined;
}
