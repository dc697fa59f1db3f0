import { Subject } from 'rxjs';
import { drawnAnew, folded, type Net, type NetSpec, netOf } from './nets.js';

// Streams whose parameters change, and what they are compared with.

/** The net that each event is stepped by, where each swap draws another one. */
export function netsFor(spec: NetSpec, swaps: readonly boolean[]): Net[] {
  let k = 0;
  let net = netOf(spec);
  return swaps.map(isSwap => {
    if (isSwap) net = netOf(drawnAnew(spec, ++k));
    return net;
  });
}

/** Runs events through an operator, each after the set of its net where there is a new one. */
export function run(
  operator: Net,
  weights: Subject<unknown>,
  swaps: readonly boolean[],
  nets: readonly Net[],
  events: readonly unknown[],
): unknown[] {
  const source = new Subject<unknown>();
  const outputs: unknown[] = [];
  const subscription = source.pipe(operator as never).subscribe(y => outputs.push(y));
  for (const [t, event] of events.entries()) {
    if (swaps[t]) weights.next(nets[t].params);
    source.next(event);
  }
  subscription.unsubscribe();
  return outputs;
}

/** What new nets answer, each from the state at which the one before it ended. */
export function handedOn(
  nets: readonly Net[],
  events: readonly (readonly unknown[])[],
): unknown[][] {
  let state: unknown;
  return events.map((xs, t) => {
    const { outputs, state: next } = folded(nets[t], xs as never, state);
    state = next;
    return outputs;
  });
}
