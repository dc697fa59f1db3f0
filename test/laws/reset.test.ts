import fc from 'fast-check';
import { filter, map, type Observable, Subject } from 'rxjs';
import { expect } from 'vitest';
import { stateful } from '../../src/index.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import { emitted, folded, type Net, netOf, recurOf, someNet, someState } from './nets.js';
import { batched, generator, signal, someSeed } from './streams.js';

// Law 3, reset is rebirth: the outputs after it equal those of a new subscription without
// `restore`.

interface Event {
  readonly x: number[];
  /** True: a reset fires before this datum. */
  readonly first: boolean;
}

const someFirsts = fc.array(fc.boolean(), { maxLength: 16 });
const select = ({ x }: Event) => x;
const isFirst = filter(({ first }: Event) => first);

function eventsOf(firsts: readonly boolean[], inputSize: number, seed: number): Event[] {
  return signal(seed, inputSize, firsts.length).map((x, t) => ({ x, first: firsts[t] }));
}

/** The outputs of a stream cut at its resets, each piece run on its own from `initial(k)`. */
function reborn(net: Net, events: readonly Event[], initial: (k: number) => unknown): unknown[] {
  const cuts: number[][][] = [[]];
  for (const { x, first } of events) {
    if (first) cuts.push([]);
    cuts[cuts.length - 1].push(x);
  }
  return cuts.flatMap((piece, k) => folded(net, piece, initial(k)).outputs);
}

/** Runs events through a model; `before` is called before each. */
function run(model: Net, events: readonly Event[], before: (event: Event) => void): unknown[] {
  const source = new Subject<never>();
  const outputs: unknown[] = [];
  source.pipe(model).subscribe(y => outputs.push(y));
  for (const event of events) {
    before(event);
    source.next(event as never);
  }
  return outputs;
}

law(
  'after a reset the outputs are those of a new subscription, wherever it begins',
  [someNet, someFirsts, someSeed, fc.constantFrom('usual', 'value', 'factory')],
  (spec, firsts, seed, begins) => {
    const net = netOf(spec);
    const events = eventsOf(firsts, spec.inputSize, seed);
    const states = begins === 'usual' ? [] : [someState(net, spec, seed)];
    const initialState = begins === 'factory' ? () => states[0] : states[0];
    const wanted = reborn(net, events, () => states[0]);
    const reset = new Subject<void>();
    const observed = recurOf(net, { initialState, reset, select });
    sameBits(
      run(observed, events, ({ first }) => first && reset.next()),
      wanted,
    );
    const fed = recurOf(net, { initialState, reset: isFirst, select });
    sameBits(emitted(fed, events), wanted);
    const called = stateful(net, { initialState });
    const outputs = events.map(({ x, first }) => {
      if (first) called.reset();
      return called(x);
    });
    sameBits(outputs, wanted);
  },
);

law(
  'a factory makes a state for each birth, and the nth birth begins at the nth',
  [someNet, someFirsts, someSeed],
  (spec, firsts, seed) => {
    const net = netOf(spec);
    const events = eventsOf(firsts, spec.inputSize, seed);
    let births = 0;
    const initialState = () => someState(net, spec, births++);
    const model = recurOf(net, { initialState, reset: isFirst, select });
    sameBits(
      emitted(model, events),
      reborn(net, events, k => someState(net, spec, k)),
    );
    expect(births).toBe(1 + firsts.filter(Boolean).length);
  },
);

law(
  'a reset in the same turn as a datum takes effect before it, from a hot source and as a function',
  [someNet, someFirsts, someSeed],
  (spec, firsts, seed) => {
    const net = netOf(spec);
    const events = eventsOf(firsts, spec.inputSize, seed);
    const wanted = reborn(net, events, () => undefined);
    const source = new Subject<Event>();
    const outputs: unknown[] = [];
    source
      .pipe(recurOf(net, { reset: source.pipe(isFirst), select }) as never)
      .subscribe(y => outputs.push(y));
    for (const event of events) source.next(event);
    sameBits(outputs, wanted);
    const viaMap = (events$: Observable<Event>) => events$.pipe(isFirst, map(String));
    sameBits(emitted(recurOf(net, { reset: viaMap, select }), events), wanted);
  },
);

law(
  'a reset does not return to what was restored',
  [someNet, someFirsts, someSeed],
  (spec, firsts, seed) => {
    const net = netOf(spec);
    const before = stateful(net);
    for (const x of signal(seed + 1, spec.inputSize, 2)) before(x);
    const restore = before.snapshot();
    const events = eventsOf(firsts, spec.inputSize, seed);
    const model = recurOf(net, { restore, reset: isFirst, select });
    sameBits(
      emitted(model, events),
      reborn(net, events, k => (k === 0 ? restore.state : undefined)),
    );
  },
);

law(
  'a reset emits nothing, and its completion changes nothing',
  [someNet, fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), someSeed],
  (spec, steps, completesAt, seed) => {
    const net = netOf(spec);
    const events = eventsOf(new Array(steps).fill(false), spec.inputSize, seed);
    const reset = new Subject<void>();
    let t = 0;
    const outputs = run(recurOf(net, { reset, select }), events, () => {
      if (t++ === completesAt) reset.complete();
    });
    sameBits(
      outputs,
      reborn(net, events, () => undefined),
    );
  },
);

law(
  'after a reset a batch may have another size',
  [someNet, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), someSeed],
  (spec, batches, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const called = stateful(net);
    for (const batch of batches) {
      const columns = Array.from({ length: batch }, (_, j) => signal(seed + j, spec.inputSize, 3));
      const stream = batched(columns, random);
      sameBits(
        stream.map(x => called(x)),
        folded(net, stream).outputs,
      );
      called.reset();
    }
  },
);
