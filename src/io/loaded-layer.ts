import { recur } from '../operators/recur.js';
import type { AnyCell, Cell, SameForm } from '../streams/cell.js';
import type { LoadedLayer, LoadedParams } from './load.js';

/** A cell out of a file as a layer. */
export function loadedLayer(cell: AnyCell): LoadedLayer {
  return recur(cell as Cell<unknown, number, number, SameForm, LoadedParams>);
}
