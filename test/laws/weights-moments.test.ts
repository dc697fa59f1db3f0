import fc from 'fast-check';
import { Subject } from 'rxjs';
import { chain, stateful, type Vec } from '../../src/index.js';
import { sameNumbers } from './bits.js';
import { exoticVector } from './exotic.js';
import { nothingIsThrownLate } from './late.js';
import { law } from './law.js';
import {
  drawnAnew,
  folded,
  type NetSpec,
  netOf,
  recurOf,
  someNet,
  someNetThatChecks,
  someState,
} from './nets.js';
import { signal, someSeed, someSteps } from './streams.js';

// When a set counts: from the next event on, whoever emits it, and for one subscription.

nothingIsThrownLate();

const moments = [
  'select',
  'reading',
  'function',
  'project',
  'state',
  'downstream',
  'events of reset',
] as const;
type Moment = (typeof moments)[number];
const orders = ['set', 'set, reset', 'reset, set', 'set, reset, set'] as const;

/** A stream in the middle of whose event `at` somebody emits what `order` says. */
function interrupted(
  spec: NetSpec,
  moment: Moment,
  order: (typeof orders)[number],
  at: number,
  stream: readonly number[][],
  initial: unknown,
) {
  const [weights, reset, source] = [new Subject(), new Subject(), new Subject<unknown>()];
  const outputs: unknown[] = [];
  let due = false;
  const sets = [netOf(drawnAnew(spec, 1)), netOf(drawnAnew(spec, 2))];
  const interrupt = <T>(value: T): T => {
    if (!due) return value;
    due = false;
    for (const what of order.split(', ')) {
      if (what === 'reset') reset.next(undefined);
      else weights.next(wrapped ? [{}, sets.shift()?.params] : sets.shift()?.params);
    }
    return value;
  };
  const wrapped = moment === 'function';
  const net = netOf(spec);
  const initialState = wrapped && initial ? [undefined, initial] : initial;
  const resets = (events$: Subject<unknown>) => {
    events$.subscribe(interrupt);
    return reset;
  };
  const config = {
    ...{ weights, initialState, reset: moment === 'events of reset' ? resets : reset },
    ...(moment === 'select' && { select: interrupt }),
    ...(moment === 'project' && { project: interrupt }),
    ...(moment === 'state' && { state: interrupt }),
  };
  const model = wrapped ? chain((x: Vec) => interrupt(x), net as never) : net;
  source.pipe(recurOf(model, config) as never).subscribe(y => {
    outputs.push(y);
    if (moment === 'downstream') interrupt(y);
  });
  for (const [t, x] of stream.entries()) {
    due = t === at;
    const isRead = due && moment === 'reading';
    source.next(isRead ? exoticVector('an array of accessors', x, () => interrupt(0)) : x);
  }
  return outputs;
}

law(
  'a set counts from the next event on, whoever emits it in the middle of one, a reset beside it',
  [someNetThatChecks, fc.constantFrom(...moments), fc.constantFrom(...orders), someSteps, someSeed],
  (spec, moment, order, steps, seed) => {
    const at = steps && seed % steps;
    const stream = signal(seed, spec.inputSize, steps);
    const old = netOf(spec);
    const initial = seed % 2 ? someState(old, spec, seed) : undefined;
    const next = netOf(drawnAnew(spec, order === 'set, reset, set' ? 2 : 1));
    const isReset = order !== 'set';
    const comesBefore = moment === 'select' || moment === 'reading' || moment === 'events of reset';
    let state: unknown = initial;
    const wanted = stream.map((x, t) => {
      if (t === at && isReset && comesBefore) state = initial;
      // What is fed to `reset` comes before the step: there the set is there for it already.
      const isNew = t > at || (t === at && moment === 'events of reset');
      const [then, y] = (isNew ? next : old).cell(state, x);
      state = t === at && isReset && !comesBefore ? initial : then;
      return y;
    });
    sameNumbers(interrupted(spec, moment, order, at, stream, initial), wanted);
  },
);

law(
  'a stateful model that is given a set in the middle of a step ends it with the old one',
  [someNet, fc.integer({ min: 1, max: 5 }), someSeed],
  (spec, steps, seed) => {
    const [old, next] = [netOf(spec), netOf(drawnAnew(spec, 1))];
    const stream = signal(seed, spec.inputSize, steps);
    let isFirst = true;
    const swap = (x: Vec) => {
      if (isFirst) m.use([{}, next.params] as never);
      isFirst = false;
      return x;
    };
    const m = stateful(chain(swap, old as never) as never) as never as {
      map(xs: unknown): unknown[];
      use(params: never): void;
    };
    const first = folded(old, stream);
    sameNumbers(m.map(stream), first.outputs);
    sameNumbers(m.map(stream), folded(next, stream, first.state).outputs);
  },
);
