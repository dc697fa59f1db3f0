import { filter, identity, map, Observable, scan, tap } from 'rxjs';
import type { RecurError } from '../errors.js';
import type { StateOf } from '../streams/cell.js';
import type { Answer, StateInput } from '../streams/forms.js';
import type { AnyPlainCell, PlainCell } from '../streams/function-cell.js';
import { carried, type InputOf, type Model, type OutputOf } from '../streams/members.js';
import { layerText } from '../streams/model.js';
import { type Session, sessions } from '../streams/session.js';
import { isSnapshot } from '../streams/snapshot.js';
import type { StreamConfig } from '../streams/stateful.js';
import type { EventOperator, FunctionLayer, LayerOf } from './layer.js';
import { hearing, type Notifier, notifier, weightsIn } from './notifier.js';
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

/**
 * The operator that threads state: RxJS's `scan`, whose accumulator is the state, and then the
 * outputs. Each subscription has a seed of its own, the initial state; each event is one step.
 *
 * `model` is a cell, a layer, or a plain function `(h, x) => [h, y]` with a state of any type. An
 * event, unless `select` makes it so, is a vector `[inputSize]` or a batch `[inputSize, batch]`; it
 * is copied and never altered. An emission is float32, `[outputSize]` or `[outputSize, batch]`, an
 * ndarray for an ndarray; it is yours and never written again (but see `reuse`). Emissions of
 * `reset` put the state back to `initialState`, and so does a new subscription.
 *
 * Wrong arguments throw a RecurError at the call. An invalid datum, a throw from `select`,
 * `project` or a function of your own, and a snapshot that does not fit become one error
 * notification of class RecurError, the state before it intact; an error of `reset` is passed on.
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
    return outputsOf(source, start, resets, sets, config);
  };
  // What a configuration says of the stream, rather than of the model.
  const names = Object.keys(config) as (keyof UntypedConfig)[];
  const ofStream = names.filter(name => config[name] !== undefined && name !== 'initialState');
  const { inputSize, outputSize, hiddenSize, params, initialState } =
    Object.getOwnPropertyDescriptors(cell);
  Object.defineProperties(operator, {
    inputSize,
    outputSize,
    hiddenSize,
    params,
    initialState,
    cell: { value: cell },
    toString: { value: () => text },
    name: { value: text },
    [carried]: { value: ofStream },
  });
  return Object.freeze(operator);
}

/**
 * The outputs of a scan whose accumulator is the stream at its place: each subscription has its own
 * seed. The notifiers are subscribed before the source.
 */
function outputsOf(
  source: Observable<unknown>,
  start: () => Session,
  resets: () => Notifier,
  sets: Observable<unknown> | undefined,
  { onInvalid = 'error', state }: UntypedConfig,
): Observable<unknown> {
  return new Observable(subscriber => {
    const seed = start();
    subscriber.add(() => seed.end());
    const { notices, events } = resets();
    const step = (stream: Session, event: unknown) => {
      events?.next(event);
      try {
        // The reset may have ended the stream.
        if (!subscriber.closed) stream.output = stream.step(event);
      } catch (error) {
        if (onInvalid === 'error') throw error;
        // A `select` that ended the stream is no invalid datum.
        if (!subscriber.closed && onInvalid !== 'skip')
          onInvalid(error as RecurError, event as never);
        stream.output = dropped;
      }
      return stream;
    };
    const outputs = source.pipe(
      scan(step, seed),
      onInvalid === 'error' ? identity : filter(hasOutput),
      map(tellAndAnswer),
      hearing(notices, notice => (isSnapshot(notice) ? seed.restore(notice) : seed.reset())),
      hearing(sets, params => seed.use(params)),
      state ? tap({ error: tellLast(seed) }) : identity,
    );
    outputs.subscribe(subscriber);
  });
}

const dropped = Symbol();
const hasOutput = (stream: Session) => stream.output !== dropped;

/**
 * The output, once the state has been told of: that may feed back an event, with its own output.
 */
function tellAndAnswer(stream: Session): unknown {
  const { output } = stream;
  stream.tell();
  return output;
}

/** Tells of the state as its stream fails, whose own error is the one to hear of. */
const tellLast = (stream: Session) => () => {
  try {
    stream.tell();
  } catch {
    // Of two errors the first counts.
  }
};
