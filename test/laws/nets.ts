import fc from 'fast-check';
import { from, type Observable } from 'rxjs';
import { isNdArray, NdView } from '../../src/arrays/ndarray.js';
import {
  causalConv1d,
  chain,
  context,
  conv2d,
  convTranspose2d,
  dense,
  each,
  fastGrnn,
  fastRnn,
  gru,
  indRnn,
  janet,
  type Layer,
  layerNorm,
  lem,
  liGru,
  lstm,
  type Member,
  mgu,
  minGru,
  parallel,
  peepholeLstm,
  read,
  recur,
  rnn,
  skip,
  slice,
  star,
  tap,
  ugrnn,
  type Vec,
} from '../../src/index.js';
import { numbersOf } from './bits.js';
import { signal } from './streams.js';

/** A layer of sizes and states that only the run knows. */
export type Net = Layer<unknown, number | undefined, number | undefined, unknown>;

/** Every built-in kind, GRU in both forms, and some of their options. */
const kinds = {
  rnn,
  relu: (i: number, h: number, o: object) => rnn(i, h, { ...o, activation: 'relu' }),
  lstm,
  clipped: (i: number, h: number, o: object) => lstm(i, h, { ...o, clip: 0.7, bias: false }),
  peepholeLstm,
  gru,
  gruBefore: (i: number, h: number, o: object) => gru(i, h, { ...o, resetGate: 'before' }),
  mgu,
  liGru,
  ugrnn,
  janet,
  indRnn,
  fastRnn,
  fastGrnn,
  star,
  lem,
  minGru,
  dense,
  softsign: (i: number, h: number, o: object) => dense(i, h, { ...o, activation: 'softsign' }),
  causal: (i: number, h: number, o: object) => causalConv1d(i, h, 3, { ...o, dilation: 2 }),
  rows: (i: number, h: number, o: object) =>
    chain(dense(i, 2 * h, o), each(2, lstm(h, h, o)), slice(2 * h, h)),
  sideBySide: (i: number, h: number, o: object) =>
    parallel('add', lstm(i, h, o), causalConv1d(i, h, 2, o)),
  around: (i: number, h: number, o: object) =>
    chain(dense(i, h, o), skip(gru(h, h, o), 'multiply'), layerNorm(h, { epsilon: 0.1 })),
  tapped: (i: number, h: number, o: object) =>
    chain(
      tap('x'),
      tap('y', gru(i, h, o)),
      read('y', 'x'),
      dense(h + i, h, o),
      tap('z'),
      read('z'),
    ),
  bands: (i: number, h: number, o: object) =>
    chain(
      dense(i, 10, o),
      conv2d(2, 4, { ...o, bands: 5, kernel: [3, 3], dilation: [2, 1], groups: 2, padding: 1 }),
      convTranspose2d(4, 1, { ...o, bands: 5, kernel: [2, 2], stride: [1, 2] }),
      dense(10, h, o),
    ),
  contextual: (i: number, h: number, o: object) => chain(context(i, 3), dense(i + 3, h, o)),
};
type Kind = keyof typeof kinds;

/** Layers of equations in what is not one cell of them. */
const composed: Readonly<Partial<Record<string, number>>> = {
  ...{ stateless: 0, accumulating: 0 },
  ...{ causal: 0, rows: 3, sideBySide: 1, around: 3, tapped: 2, bands: 2 },
  contextual: 1,
};
export const equationsIn = (kind: string) => composed[kind] ?? 1;
export const kindNames = Object.keys(kinds) as Kind[];

/** What a net is built from, as fast-check prints it. */
export interface MemberSpec {
  readonly kind: Kind | 'stateless' | 'accumulating';
  readonly size: number;
  readonly seed: number;
}

export interface NetSpec {
  readonly inputSize: number;
  readonly members: readonly MemberSpec[];
}

const someSize = fc.constantFrom(1, 2, 3, 5, 8, 17);

const memberOf = (kind: fc.Arbitrary<MemberSpec['kind']>) =>
  fc.record({ kind, size: someSize, seed: fc.nat({ max: 10_000 }) });

/** One cell of equations, of any built-in kind. */
export const someCell: fc.Arbitrary<NetSpec> = fc.record({
  inputSize: someSize,
  members: fc.tuple(
    memberOf(fc.constantFrom(...kindNames.filter(kind => composed[kind] === undefined))),
  ),
});

/** A chain of one to four members, plain functions among them. */
export const someNet: fc.Arbitrary<NetSpec> = fc.record({
  inputSize: someSize,
  members: fc.array(memberOf(fc.constantFrom(...kindNames, 'stateless', 'accumulating')), {
    minLength: 1,
    maxLength: 4,
  }),
});

/** A net whose first member is a cell: a function of the user's own finds no datum invalid. */
export const someNetThatChecks = someNet.filter(
  ({ members: [{ kind }] }) => kind !== 'stateless' && kind !== 'accumulating',
);

/** The members of a net, each a layer or a stateless function. */
export function membersOf({ inputSize, members }: NetSpec): Member[] {
  let before = inputSize;
  return members.map(({ kind, size, seed }) => {
    if (kind === 'stateless') return halve;
    if (kind === 'accumulating') return recur(accumulate, { initialState: null });
    const layer = kinds[kind](before, size, { seed }) as Member;
    before = size;
    return layer;
  });
}

/** The net itself: its only member, or the chain of them. */
export function netOf(spec: NetSpec): Net {
  const members = membersOf(spec);
  const [first] = members;
  const isLayer = members.length === 1 && 'cell' in first;
  return (isLayer ? first : chainOf(members)) as Net;
}

/**
 * The net with parameters of its own for those members that `which` says, of which `k` draws
 * others.
 */
export function drawnAnew(
  spec: NetSpec,
  k: number,
  which: (i: number) => boolean = () => true,
): NetSpec {
  const members = spec.members.map((member, i) =>
    which(i) ? { ...member, seed: member.seed + 20_000 * k } : member,
  );
  return { ...spec, members };
}

/** A net of one cell of equations (`someCell`) with these parameters. */
export function cellWith({ inputSize, members: [{ kind, size }] }: NetSpec, params: object): Net {
  return kinds[kind as Kind](inputSize, size, { params } as object) as unknown as Net;
}

/** `chain` for members that no type knows. */
export function chainOf(members: readonly Member[]): Net {
  return (chain as unknown as (...members: readonly Member[]) => Net)(...members);
}

/** `recur` for models and configurations that no type knows. */
export const recurOf = recur as unknown as (model: unknown, config?: object) => Net;

/** A stateless function of the user's own: the form that came in, halved. */
export function halve(x: Vec): unknown {
  return likeInput(
    x,
    floatsOf(x).map(v => v / 2),
  );
}

/** A recurrent function of the user's own: a decaying sum of each component. */
export function accumulate(h: number[] | null, x: Vec): readonly [number[], unknown] {
  const sum = floatsOf(x).map((v, i) => 0.75 * (h?.[i] ?? 0) + v);
  return [sum, likeInput(x, sum)];
}

/** A function that comes first is given data as they came: float32 or double. */
function floatsOf(x: Vec): number[] {
  return numbersOf(x).map(Math.fround);
}

function likeInput(x: Vec, values: readonly number[]): unknown {
  const own = Float32Array.from(values);
  return isNdArray(x) ? new NdView(own, x.shape) : own;
}

/** What a model answers by its pure cell alone, a call a step: what the laws compare with. */
export function folded(net: Net, stream: readonly Vec[], state?: unknown) {
  const outputs: unknown[] = [];
  for (const x of stream) {
    const [next, y] = net.cell(state, x);
    state = next;
    outputs.push(y);
  }
  return { outputs, state };
}

/** What an operator emits for a stream; an error is thrown. */
export function emitted(
  operator: (source: Observable<never>) => Observable<unknown>,
  events: Iterable<unknown>,
): unknown[] {
  const outputs: unknown[] = [];
  const errors: unknown[] = [];
  from(events as Iterable<never>)
    .pipe(operator)
    .subscribe({ next: output => outputs.push(output), error: error => errors.push(error) });
  if (errors.length) throw errors[0];
  return outputs;
}

/** A state that the net could be in: where a short random stream leaves it. */
export function someState(net: Net, { inputSize }: NetSpec, seed: number): unknown {
  return folded(net, signal(seed, inputSize, 3)).state;
}
