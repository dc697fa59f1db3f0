import fc from 'fast-check';
import { from, map, type Observable } from 'rxjs';
import { stateful } from '../../src/index.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import {
  chainOf,
  emitted,
  folded,
  membersOf,
  type Net,
  netOf,
  recurOf,
  someNet,
  someNetThatChecks,
  someState,
} from './nets.js';
import { batched, generator, inForm, signal, someForm, someSeed, someSteps } from './streams.js';

// Law 2, chain: recur(chain(a, b)) equals pipe(recur(a), recur(b)), bit for bit.

type Operator = (source: Observable<unknown>) => Observable<unknown>;

/** Operators one after another, as `pipe` puts them. */
function piped(operators: readonly Operator[]): Operator {
  return source => operators.reduce((before, operator) => operator(before), source);
}

/** A chain's members, each as an operator of its own. */
function apart(members: readonly unknown[], configOf: (i: number) => object | undefined): Operator {
  return piped(
    members.map((member, i) => {
      const isLayer = typeof member === 'function' && 'cell' in member;
      if (isLayer) return recurOf(member, configOf(i)) as unknown as Operator;
      return map(member as (x: unknown) => unknown);
    }),
  );
}

law(
  'a chain equals its members piped',
  [someNet, someSteps, someForm, someSeed],
  (spec, steps, form, seed) => {
    const members = membersOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, steps).map(x => inForm(form, x, random));
    const wanted = emitted(
      apart(members, () => undefined),
      stream,
    );
    sameBits(emitted(chainOf(members), stream), wanted);
    sameBits(emitted(recurOf(chainOf(members)), stream), wanted);
    sameBits(emitted(recurOf(chainOf(members).cell), stream), wanted);
  },
);

law(
  'a chain equals its members piped over a batch',
  [someNet, someSteps, fc.integer({ min: 1, max: 4 }), someSeed],
  (spec, steps, batch, seed) => {
    const members = membersOf(spec);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, steps),
    );
    const stream = steps ? batched(columns, generator(seed)) : [];
    const wanted = emitted(
      apart(members, () => undefined),
      stream,
    );
    sameBits(emitted(chainOf(members), stream), wanted);
  },
);

law(
  'a chain that begins at a tuple of states equals its members piped, each at its own',
  [someNet, someSteps, someSeed],
  (spec, steps, seed) => {
    const members = membersOf(spec);
    const net = chainOf(members);
    const states = someState(net, spec, seed) as unknown[];
    const stream = signal(seed, spec.inputSize, steps);
    const wanted = emitted(
      apart(members, i => ({ initialState: states[i] })),
      stream,
    );
    sameBits(emitted(recurOf(net, { initialState: states }), stream), wanted);
    sameBits(folded(net, stream, states).outputs, wanted);
  },
);

law(
  'a chain that skips invalid data equals its members piped, the first of them skipping',
  [someNetThatChecks, fc.array(fc.boolean(), { maxLength: 16 }), someSeed],
  (spec, isBad, seed) => {
    const members = membersOf(spec);
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, 'wrong'];
    const stream = signal(seed, spec.inputSize, isBad.length).map((x, t) =>
      isBad[t] ? [...x.slice(1), bad[t % 3]] : x,
    );
    const wanted = emitted(
      apart(members, i => (i === 0 ? { onInvalid: 'skip' } : undefined)),
      stream,
    );
    const skipped: unknown[] = [];
    const tell = (_: unknown, event: unknown) => skipped.push(event);
    sameBits(emitted(recurOf(chainOf(members), { onInvalid: 'skip' }), stream), wanted);
    sameBits(emitted(recurOf(chainOf(members), { onInvalid: tell }), stream), wanted);
    sameBits(
      skipped,
      stream.filter((_, t) => isBad[t]),
    );
  },
);

law(
  'chains in chains equal one chain, however they are bracketed',
  [someNet, someSteps, fc.integer({ min: 1, max: 3 }), someSeed],
  (spec, steps, cut, seed) => {
    const members = membersOf(spec);
    const [head, tail] = [members.slice(0, cut), members.slice(cut)];
    const nested = chainOf(tail.length ? [chainOf(head), chainOf(tail)] : [chainOf(head)]);
    const stream = signal(seed, spec.inputSize, steps);
    sameBits(emitted(nested, stream), emitted(chainOf(members), stream));
  },
);

law(
  'selected, projected and observed, a chain still equals its members piped',
  [someNet, someSteps, someSeed],
  (spec, steps, seed) => {
    const members = membersOf(spec);
    const net = chainOf(members);
    const stream = signal(seed, spec.inputSize, steps);
    const events = stream.map((x, t) => ({ t, x }));
    const states: unknown[] = [];
    const model = recurOf(net, {
      select: ({ x }: { x: number[] }) => x,
      project: (y: unknown, { t }: { t: number }) => ({ t, y }),
      state: (snapshot: { state: unknown }) => states.push(snapshot.state),
    });
    const wanted = emitted(
      apart(members, () => undefined),
      stream,
    );
    sameBits(
      emitted(model, events),
      wanted.map((y, t) => ({ t, y })),
    );
    const after = stream.map((_, t) => folded(net, stream.slice(0, t + 1)).state);
    sameBits(states, after);
  },
);

law(
  'stateful, mapped, and piped are one thing',
  [someNet, someSteps, someSeed],
  (spec, steps, seed) => {
    const net: Net = netOf(spec);
    const stream = signal(seed, spec.inputSize, steps);
    const wanted = folded(net, stream);
    const called = stateful(net);
    sameBits(
      stream.map(x => called(x)),
      wanted.outputs,
    );
    const mapped = stateful(net);
    sameBits(mapped.map(stream), wanted.outputs);
    const piped: unknown[] = [];
    from(stream)
      .pipe(net)
      .subscribe(y => piped.push(y));
    sameBits(piped, wanted.outputs);
    if (steps) sameBits([called.state, mapped.state], [wanted.state, wanted.state]);
  },
);
