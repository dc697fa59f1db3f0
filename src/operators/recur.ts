import { filter, map, Observable, tap } from 'rxjs';
import type { RecurError } from '../errors.js';
import type { Answer, StateInput, StateOf } from '../streams/cell.js';
import type { AnyPlainCell, PlainCell } from '../streams/function-cell.js';
import { carried, type InputOf, type Model, type OutputOf } from '../streams/members.js';
import { layerText } from '../streams/model.js';
import { type Session, sessions } from '../streams/session.js';
import { isSnapshot } from '../streams/snapshot.js';
import type { StreamConfig } from '../streams/stateful.js';
import type { EventOperator, FunctionLayer, LayerOf } from './layer.js';
import { type Notifier, notifier, weightsError, weightsIn } from './notifier.js';
import type { RecurConfig, UntypedConfig, WeightsConfig } from './recur-config.js';
import { checkSource } from './source.js';

type Chunk<X> = readonly X[] | (X extends { readonly shape: readonly number[] } ? X : never);
type ChunkAnswer<Y, C> = C extends readonly (infer X)[] ? Answer<Y, X>[] : Answer<Y, C>;
type Simple<S> = StreamConfig<S> & {
  select?: undefined;
  project?: undefined;
  chunks?: false | undefined;
};
/** A configuration that says nothing of the stream: what has it is a layer. */
type Beginning<Initial> = {
  readonly [K in Exclude<keyof RecurConfig, 'initialState'>]?: undefined;
} & { readonly initialState?: Initial | (() => Initial) | undefined };
type Rest<M, E> = Pick<RecurConfig<StateOf<M>, E>, 'reset' | 'onInvalid'> & WeightsConfig<M>;

const skipped = Symbol('skipped');

/**
 * The operator that threads state: each subscription begins at the initial state, steps the model
 * once an event and emits its output.
 *
 * `model` is a cell, a layer, or a plain function `(h, x) => [h, y]` with a state of any type. An
 * event, unless `select` makes it so, is a vector `[inputSize]` or a batch `[inputSize, batch]`; it is
 * copied and never altered. An emission is float32, `[outputSize]` or `[outputSize, batch]`, an ndarray
 * for an ndarray; it is yours and never written again (but see `reuse`). Emissions of `reset` put the
 * state back to `initialState`, and so does a new subscription.
 *
 * Wrong arguments throw a RecurError at the call. An invalid datum, a throw from `select`, `project`
 * or a function of your own, and a snapshot that does not fit become one error notification of class
 * RecurError, the state before it intact; an error of `reset` is passed on.
 *
 * @example
 * const sum = recur((h: number, x: number) => [h + x, h + x], { initialState: 0 });
 * from([1, 2, 3]).pipe(sum).subscribe(y => console.log(y)); // → 1, 3, 6
 */
export function recur<M extends Model>(
  model: M,
  config?: Beginning<StateInput<StateOf<M>>>,
): LayerOf<M>;
export function recur<M extends Model, E extends InputOf<M>>(
  model: M,
  config: Simple<StateOf<M>> & Rest<M, E>,
): <X extends E>(source: Observable<X>) => Observable<Answer<OutputOf<M>, X>>;
export function recur<M extends Model, E, X, P = ChunkAnswer<OutputOf<M>, X>>(
  model: M,
  config: RecurConfig<StateOf<M>, E, X, ChunkAnswer<OutputOf<M>, X>, P> &
    WeightsConfig<M> & {
      readonly chunks: true;
      readonly select: (event: E) => X;
    },
): EventOperator<E, P>;
export function recur<
  M extends Model,
  E extends Chunk<InputOf<M>>,
  P = ChunkAnswer<OutputOf<M>, E>,
>(
  model: M,
  config: RecurConfig<StateOf<M>, E, E, ChunkAnswer<OutputOf<M>, E>, P> &
    WeightsConfig<M> & { readonly chunks: true },
): EventOperator<E, P>;
export function recur<M extends Model, E, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  model: M,
  config: RecurConfig<StateOf<M>, E, X, Answer<OutputOf<M>, X>, P> &
    WeightsConfig<M> & {
      readonly select: (event: E) => X;
    },
): EventOperator<E, P>;
export function recur<M extends Model, E extends InputOf<M>, P>(
  model: M,
  config: RecurConfig<StateOf<M>, E, E, Answer<OutputOf<M>, E>, P> &
    WeightsConfig<M> & {
      readonly project: (output: Answer<OutputOf<M>, E>, event: E) => P;
    },
): EventOperator<E, P>;
export function recur<S, X, Y>(
  fn: PlainCell<S, X, Y>,
  config?: Beginning<S>,
): FunctionLayer<S, X, Y>;
export function recur<S, X, Y, E = readonly X[], P = Y[]>(
  fn: PlainCell<S, X, Y>,
  config: RecurConfig<S, E, readonly X[], Y[], P, S> & { readonly chunks: true },
): EventOperator<E, P>;
export function recur<S, X, Y, E = X, P = Y>(
  fn: PlainCell<S, X, Y>,
  config: RecurConfig<S, E, X, Y, P, S> & { readonly chunks?: false | undefined },
): EventOperator<E, P>;
export function recur(model: Model | AnyPlainCell, config: UntypedConfig = {}): unknown {
  return streamOperator('recur', model, config);
}

/** The operator of a model and its configuration, both checked here; `where` is its name. */
export function streamOperator(
  where: string,
  model: unknown,
  config: UntypedConfig,
  known?: string[],
): unknown {
  const { cell, start } = sessions(where, model, config, known);
  const resets = notifier(`${where}.reset`, config.reset);
  const sets = weightsIn(where, config.weights);
  const text = layerText(cell);
  const operator = (source: Observable<unknown>) => {
    checkSource(text, source, 'for data, m = stateful(model): m(x), m.map(steps)');
    return subscribeWith(source, start, resets, sets, config);
  };
  // What a configuration says of the stream, rather than of the model.
  const carriedNames = Object.entries(config).flatMap(([name, value]) =>
    value === undefined || name === 'initialState' ? [] : name,
  );
  const described = Object.getOwnPropertyDescriptors(cell);
  const { inputSize, outputSize, hiddenSize, params, initialState } = described;
  Object.defineProperties(operator, {
    inputSize,
    outputSize,
    hiddenSize,
    params,
    initialState,
    cell: { value: cell },
    toString: { value: () => text },
    name: { value: text },
    [carried]: { value: carriedNames },
  });
  return Object.freeze(operator);
}

function subscribeWith(
  source: Observable<unknown>,
  start: () => Session,
  resets: () => Notifier,
  sets: Observable<unknown> | undefined,
  { onInvalid = 'error', state }: UntypedConfig,
): Observable<unknown> {
  return new Observable(subscriber => {
    const session = start();
    subscriber.add(() => session.end());
    const { notices, events } = resets();
    const tellLast = () => {
      try {
        session.tell();
      } catch {
        // The stream is failing already: its own error is the one to hear of.
      }
    };
    const fail = (error: unknown) => {
      if (subscriber.closed) return;
      tellLast();
      subscriber.error(error);
    };
    const listen = (
      notices: Observable<unknown> | undefined,
      work: (value: unknown) => void,
      errorOf = (error: unknown) => error,
    ) => {
      const next = (value: unknown) => {
        try {
          work(value);
        } catch (error) {
          fail(error);
        }
      };
      const error = (cause: unknown) => fail(errorOf(cause));
      if (!subscriber.closed) subscriber.add(notices?.subscribe({ next, error }));
    };
    listen(sets, params => session.use(params), weightsError);
    listen(notices, value => {
      if (isSnapshot(value)) session.restore(value);
      else session.reset();
    });
    if (subscriber.closed) return;

    const step = (event: unknown): unknown => {
      events?.next(event);
      if (subscriber.closed) return skipped;
      let output: unknown;
      try {
        output = session.handle(event);
      } catch (error) {
        // A `select` that ended the stream is no invalid datum.
        if (subscriber.closed) return skipped;
        if (onInvalid === 'error') throw error;
        if (onInvalid !== 'skip') onInvalid(error as RecurError, event as never);
        return skipped;
      }
      if (subscriber.closed) return skipped;
      session.tell();
      return output;
    };
    // map and filter, not a hand-written observer: they neither over-pull nor throw asynchronously.
    const outputs = source.pipe(
      map(step),
      filter(output => output !== skipped),
    );
    (state ? outputs.pipe(tap({ error: tellLast })) : outputs).subscribe(subscriber);
  });
}
