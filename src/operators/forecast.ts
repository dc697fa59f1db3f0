import { checkNames, demand, mismatch } from '../errors.js';
import { type Forecast, sizesText, steppingAhead } from '../streams/ahead.js';
import type { StateOf } from '../streams/cell.js';
import type { Answer, StateInput } from '../streams/forms.js';
import type { PlainCell } from '../streams/function-cell.js';
import type { InputOf, Model, OutputOf } from '../streams/members.js';
import { cellIn } from '../streams/model.js';
import { streamOptions } from '../streams/session-config.js';
import type { EventOperator } from './layer.js';
import { streamOperator } from './recur.js';
import type { RecurConfig, WeightsConfig } from './recur-config.js';

/** Configuration of `forecast`: that of `recur`, and how an output becomes the next input. */
export interface ForecastConfig<S, E, X, Y, P, Initial = StateInput<S>>
  extends Omit<RecurConfig<S, E, X, Forecast<Y>, P, Initial>, 'chunks' | 'reuse'> {
  /**
   * The next input from an output and the number of steps since the event, from 0. Default: the
   * output itself, which then must be as long as an input.
   */
  readonly feedback?: ((output: Y, i: number) => X) | undefined;
}

/**
 * Looks ahead: steps the model with each event, as `recur` does, and goes on `steps` steps from
 * there on a copy of the state, each on the output before. The live stream is as if that had not
 * been.
 *
 * An emission is `{ y, ahead }`: the event's own output, and the `steps` outputs after it, in
 * order; all are yours. Throws a RecurError at the call for wrong arguments and for sizes that do
 * not fit; an invalid input that `feedback` makes is an invalid datum, the state before the event
 * intact.
 *
 * @example
 * const model = chain(gru(2, 8), dense(8, 2));
 * from([[0, 1], [1, 0]])
 *   .pipe(forecast(model, 3))
 *   .subscribe(({ ahead }) => console.log(ahead.length));
 * // → 3, 3
 */
export function forecast<
  M extends Model,
  E,
  X extends InputOf<M>,
  P = Forecast<Answer<OutputOf<M>, X>>,
>(
  model: M,
  steps: number,
  config: ForecastConfig<StateOf<M>, E, X, Answer<OutputOf<M>, X>, P> &
    WeightsConfig<M> & {
      readonly select: (event: E) => X;
    },
): EventOperator<E, P>;
export function forecast<
  M extends Model,
  E extends InputOf<M>,
  P = Forecast<Answer<OutputOf<M>, E>>,
>(
  model: M,
  steps: number,
  config?: ForecastConfig<StateOf<M>, E, E, Answer<OutputOf<M>, E>, P> & WeightsConfig<M>,
): EventOperator<E, P>;
export function forecast<S, X, Y, E = X, P = Forecast<Y>>(
  fn: PlainCell<S, X, Y>,
  steps: number,
  config: ForecastConfig<S, E, X, Y, P, S>,
): EventOperator<E, P>;
export function forecast(model: unknown, steps: number, config: object = {}): unknown {
  const names = streamOptions.filter(name => name !== 'chunks' && name !== 'reuse');
  checkNames('forecast', config, [...names, 'feedback']);
  const { feedback, ...rest } = config as { feedback?: (y: never, i: number) => unknown };
  demand(Number.isInteger(steps) && steps > 0, 'forecast.steps', 'a whole number from 1', steps);
  const known = feedback === undefined || typeof feedback === 'function';
  demand(known, 'forecast.feedback', 'a function', feedback);
  const cell = cellIn('forecast', 'model', model, 'the cell');
  const { inputSize, outputSize } = cell ?? {};
  if (
    !feedback &&
    inputSize !== undefined &&
    outputSize !== undefined &&
    inputSize !== outputSize
  ) {
    const [from, to] = [inputSize, outputSize].map(sizesText);
    const got = `a model from ${from} to ${to}`;
    throw mismatch('forecast', 'outputs as long as inputs, or feedback', got);
  }
  const ahead = steppingAhead(steps, feedback);
  return streamOperator('forecast', model, { ...rest, ahead }, [...names, 'ahead']);
}
