import type { Layer } from '../operators/layer.js';
import { recur } from '../operators/recur.js';
import type { AnyCell, Cell } from '../streams/cell.js';
import type { Params, SameForm } from '../streams/forms.js';

/** Parameters of a model from a file: a chain has an array of its members'. */
export type LoadedParams = Params | readonly LoadedParams[];

/** A model from a file: its sizes and its state are known when it runs. */
export type LoadedLayer = Layer<unknown, number, number, SameForm, LoadedParams>;

/** A cell out of a file as a layer. */
export function loadedLayer(cell: AnyCell): LoadedLayer {
  return recur(cell as Cell<unknown, number, number, SameForm, LoadedParams>);
}
