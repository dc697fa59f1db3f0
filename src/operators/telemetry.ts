import { type Observable, Subject } from 'rxjs';
import { checkNames, mismatch } from '../errors.js';
import { readingsOf } from '../layers/readings.js';
import { internals, type StateOf } from '../streams/cell.js';
import { checkUnported } from '../streams/children.js';
import type { Answer } from '../streams/forms.js';
import type { PlainCell } from '../streams/function-cell.js';
import type { LayerReading } from '../streams/layer-reading.js';
import { carried, type InputOf, type Model, type OutputOf } from '../streams/members.js';
import { cellOf, layerText } from '../streams/model.js';
import { type BeginBeside, streamOptions } from '../streams/session-config.js';
import { streamOperator } from './recur.js';
import type { RecurConfig, WeightsConfig } from './recur-config.js';

/** What went on in a model in one step. */
export interface Reading {
  /** Index of the event since its subscription, from 0. */
  readonly step: number;
  /**
   * One entry for each layer of equations, in order; of those in a window, their last step there.
   */
  readonly layers: readonly LayerReading[];
}

/** An operator, and what goes on inside it. */
export interface TelemetryOperator<E, P> {
  (source: Observable<E>): Observable<P>;
  /** A reading for each event of all subscriptions, before its emission; hot. */
  readonly readings: Observable<Reading>;
}

/** Configuration of `telemetry`: that of `recur`, but for chunks. */
export type TelemetryConfig<S, E, X, Y, P> = Omit<RecurConfig<S, E, X, Y, P>, 'chunks'>;

/**
 * `recur` with a side stream of what goes on in its layers: every named value of their equations
 * (gates, candidates) and the norms of their states. While nobody subscribes to `readings` nothing
 * is worked out; while somebody does, the equations are evaluated in double precision beside each
 * step, which costs far more than the step and changes no number of it.
 *
 * Emissions, errors and arguments are `recur`'s; it also refuses a model that reads sequences as
 * wholes, because it has no steps to read. Inside a window such layers are read.
 *
 * @example
 * const watched = telemetry(lstm(1, 4));
 * watched.readings.subscribe(({ layers: [{ values, norms }] }) => {
 *   console.log(Object.keys(values).join(' '), norms.h.length); // → i f g o 1
 * });
 * from([[1]]).pipe(watched).subscribe();
 */
export function telemetry<M extends Model, E, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  model: M,
  config: TelemetryConfig<StateOf<M>, E, X, Answer<OutputOf<M>, X>, P> &
    WeightsConfig<M> & {
      readonly select: (event: E) => X;
    },
): TelemetryOperator<E, P>;
export function telemetry<M extends Model, E extends InputOf<M>, P = Answer<OutputOf<M>, E>>(
  model: M,
  config?: TelemetryConfig<StateOf<M>, E, E, Answer<OutputOf<M>, E>, P> & WeightsConfig<M>,
): TelemetryOperator<E, P>;
export function telemetry<S, X, Y, E = X, P = Y>(
  fn: PlainCell<S, X, Y>,
  config: Omit<RecurConfig<S, E, X, Y, P, S>, 'chunks'>,
): TelemetryOperator<E, P>;
export function telemetry(model: unknown, config: object = {}): unknown {
  const names = streamOptions.filter(name => name !== 'chunks');
  checkNames('telemetry', config, names);
  const cell = cellOf(model);
  if (cell) checkUnported('telemetry', cell);
  const { why } = cell?.[internals] ?? {};
  if (cell && why) {
    const hint = `${why}; put it into a window`;
    throw mismatch('telemetry', 'a model that takes steps one by one', layerText(cell), hint);
  }
  const readings = new Subject<Reading>();
  const ahead: BeginBeside = own => {
    let tell: (() => void) | undefined;
    return {
      step(machine, x, step) {
        const before = readings.observed && [machine.state()];
        const y = machine.step(x);
        const reading = before && { step, layers: readingsOf(own, before[0], x) };
        tell = () => reading && readings.next(reading);
        return y;
      },
      done: () => tell?.(),
    };
  };
  const operator = streamOperator('telemetry', model, { ...config, ahead }, [
    ...names,
    'ahead',
  ]) as (source: Observable<unknown>) => Observable<unknown>;
  return Object.defineProperties((source: Observable<unknown>) => operator(source), {
    readings: { value: readings.asObservable() },
    // No chain takes it for a function of a vector.
    [carried]: { value: ['readings'] },
  });
}
