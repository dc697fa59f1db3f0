import { type Observable, Subject } from 'rxjs';
import type { Answer, StateOf } from '../equations/cell.js';
import type { InputOf, Model, OutputOf } from '../layers/members.js';
import { type LayerReading, readingsOf } from '../layers/readings.js';
import { type Probe, streamOptions } from '../layers/session.js';
import { type RecurConfig, streamOperator } from './recur.js';

/** What went on in a model in one step. */
export interface Reading {
  /** Index of the event since its subscription, from 0. */
  readonly step: number;
  /** One entry a layer of equations, in order. */
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
 * (gates, candidates) and the norms of their states. While nobody subscribes to `readings` nothing is
 * worked out; while somebody does, the equations are evaluated in double precision beside each step,
 * which costs far more than the step and changes no number of it.
 *
 * Emissions, errors and arguments are `recur`'s.
 *
 * @example
 * const watched = telemetry(lstm(1, 4));
 * watched.readings.subscribe(({ layers: [{ values, norms }] }) => {
 *   console.log(Object.keys(values), norms.h.length); // → [ 'i', 'f', 'g', 'o' ] 1
 * });
 * from([[1]]).pipe(watched).subscribe();
 */
export function telemetry<M extends Model, E, X extends InputOf<M>, P = Answer<OutputOf<M>, X>>(
  model: M,
  config: TelemetryConfig<StateOf<M>, E, X, Answer<OutputOf<M>, X>, P> & {
    readonly select: (event: E) => X;
  },
): TelemetryOperator<E, P>;
export function telemetry<M extends Model, E extends InputOf<M>, P = Answer<OutputOf<M>, E>>(
  model: M,
  config?: TelemetryConfig<StateOf<M>, E, E, Answer<OutputOf<M>, E>, P>,
): TelemetryOperator<E, P>;
export function telemetry(model: unknown, config: object = {}): unknown {
  const readings = new Subject<Reading>();
  const probe = {
    get observed() {
      return readings.observed;
    },
    tell: (...[cell, before, x, step]: Parameters<Probe['tell']>) =>
      readings.next({ step, layers: readingsOf(cell, before, x) }),
  };
  const names = streamOptions.filter(name => name !== 'chunks');
  const operator = streamOperator('telemetry', model, config && { ...config, probe }, [
    ...names,
    'probe',
  ]) as (source: Observable<unknown>) => Observable<unknown>;
  return Object.defineProperties((source: Observable<unknown>) => operator(source), {
    readings: { value: readings.asObservable() },
  });
}
