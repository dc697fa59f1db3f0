import type { Layer } from '../operators/layer.js';
import { recur } from '../operators/recur.js';
import type { AnyCell, Cell } from '../streams/cell.js';
import type { Params, PortSizes, SameForm } from '../streams/forms.js';

/** Parameters of a model from a file: a chain has an array of its members'. */
export type LoadedParams = Params | readonly LoadedParams[];

/** The length of one vector, or of several by name. */
export type LoadedSizes = number | PortSizes;

/**
 * A model from a file: its sizes and its state are known when it runs. Type arguments tell the
 * names of several inputs, and of several outputs: `LoadedLayer<{ speed: number; car: number }>`.
 * Whoever writes them knows the file: a model of other inputs refuses the first event.
 */
export type LoadedLayer<I extends LoadedSizes = number, O extends LoadedSizes = number> = Layer<
  unknown,
  I,
  O,
  O extends PortSizes ? { readonly [K in keyof O]: SameForm } : SameForm,
  LoadedParams
>;

/** A cell out of a file as a layer. */
export function loadedLayer<I extends LoadedSizes = number, O extends LoadedSizes = number>(
  cell: AnyCell,
): LoadedLayer<I, O> {
  const own = recur(cell as Cell<unknown, number, number, SameForm, LoadedParams>);
  return own as unknown as LoadedLayer<I, O>;
}
