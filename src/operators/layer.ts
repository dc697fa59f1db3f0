import type { Observable } from 'rxjs';
import type { Cell, Described, FunctionCell } from '../streams/cell.js';
import type { Answer, InputFor, NoParams, PortSizes, SameForm } from '../streams/forms.js';

/**
 * A layer: an RxJS operator and the cell it threads the state through. `Layer` alone is any layer
 * of vectors, one in and one out.
 */
// biome-ignore lint/suspicious/noExplicitAny: a state goes in as well as out, so unknown is no top
export interface Layer<S = any, I = number, O = number, Y = SameForm, P = any>
  extends Described<S, I, O, P> {
  <X extends InputFor<I>>(source: Observable<X>): Observable<Answer<Y, X>>;
  readonly cell: Cell<S, I, O, Y, P>;
}

/** A plain recurrent function, or a chain that a function begins, as an operator. */
export interface FunctionLayer<S, X, Y, O = undefined, P = NoParams>
  extends Described<S, undefined, O, P> {
  (source: Observable<X>): Observable<Y>;
  readonly cell: FunctionCell<S, X, Y, O, P>;
}

/** An operator whose events are not the model's inputs. */
export type EventOperator<E, P> = (source: Observable<E>) => Observable<P>;

/** The layer of a cell (or the layer itself). */
export type LayerOf<M> =
  M extends Cell<infer S, infer I extends number | PortSizes, infer O, infer Y, infer P>
    ? Layer<S, I, O, Y, P>
    : M extends FunctionCell<infer S, infer X, infer Y, infer O, infer P>
      ? FunctionLayer<S, X, Y, O, P>
      : M extends { readonly cell: infer C }
        ? LayerOf<C>
        : never;
