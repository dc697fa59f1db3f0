import { type Observable, of } from 'rxjs';
import {
  type Cell,
  chain,
  defineCell,
  dense,
  equations,
  forecast,
  gruCell,
  type InputOf,
  type NdView,
  type OutputOf,
  type Params,
  parallel,
  recur,
  recurBy,
  reference,
  type SameForm,
  type StateArray,
  type StateOf,
  stateful,
  stepper,
  type Vec,
} from '../../src/index.js';
import { same } from './expect-type.js';

// Several inputs: a size each, and a record of vectors by name.

const makeMasked = defineCell('Masked', "h' = φ(W_h (m * x) + W_d d + U_h h)", {
  inputs: { x: 'input', m: 'input', d: 'elapsed' },
  constants: { rate: 0.5 },
});
const masked = makeMasked({ x: 10, m: 10, d: 1 }, 8, { rate: 0.25 });
interface MaskedSizes {
  readonly x: 10;
  readonly m: 10;
  readonly d: 1;
}
same<
  typeof masked,
  Cell<StateArray, { readonly x: 10; readonly m: 10; readonly d: 1 }, 8, SameForm, Params>
>(true);
same<typeof masked.inputSize, { readonly x: 10; readonly m: 10; readonly d: 1 }>(true);
same<MaskedSizes['d'], typeof masked.inputSize.d>(true);
same<typeof masked.outputSize, 8>(true);
same<InputOf<typeof masked>, { readonly x: Vec; readonly m: Vec; readonly d: Vec }>(true);
same<OutputOf<typeof masked>, SameForm>(true);
same<StateOf<typeof masked>, StateArray>(true);

const [h, y] = masked(undefined, { x: [1], m: [1], d: 1 });
same<typeof h, StateArray>(true);
same<typeof y, Float32Array>(true);
declare const view: NdView;
const [, batch] = masked(h, { x: view, m: view, d: view });
same<typeof batch, NdView>(true);

// @ts-expect-error: a size each
makeMasked(10, 8);
// @ts-expect-error: d has a size too
makeMasked({ x: 10, m: 10 }, 8);
// @ts-expect-error: no such input
makeMasked({ x: 10, m: 10, d: 1, q: 2 }, 8);
// @ts-expect-error: no such option
makeMasked({ x: 10, m: 10, d: 1 }, 8, { speed: 1 });
// @ts-expect-error: no such constant
makeMasked({ x: '10', m: 10, d: 1 }, 8);
// @ts-expect-error: a record of vectors
masked(undefined, [1, 2, 3]);
// @ts-expect-error: d is missing
masked(undefined, { x: [1], m: [1] });
// @ts-expect-error: a text is no vector
masked(undefined, { x: [1], m: [1], d: 'soon' });

// Several outputs: a record by name, each in the form of the inputs.

const makeTwo = defineCell('Two', "h' = φ(W_h x + U_h h)\nc' = h\nz = σ(h')", {
  outputs: ['z', 'h'],
});
const two = makeTwo(3, 5);
same<typeof two.inputSize, 3>(true);
same<typeof two.outputSize, { readonly z: number; readonly h: number }>(true);
same<StateOf<typeof two>, { h: StateArray; c: StateArray }>(true);
same<InputOf<typeof two>, Vec>(true);
same<OutputOf<typeof two>, { readonly z: SameForm; readonly h: SameForm }>(true);
const [, answers] = two(undefined, [1, 2, 3]);
same<typeof answers, { readonly z: Float32Array; readonly h: Float32Array }>(true);
const [, views] = two(undefined, view);
same<typeof views, { readonly z: NdView; readonly h: NdView }>(true);
// @ts-expect-error: one input has one size
makeTwo({ x: 3 }, 5);

// Both; the forms of inputs that differ are all possible ones.
const both = defineCell('Both', "h' = W_h x + U_h h\nz = W_z m", {
  inputs: { x: 'input', m: 'mask' },
  outputs: ['z', 'h'],
})({ x: 2, m: 3 }, 4);
const [, mixed] = both(undefined, { x: [1, 2], m: view });
same<typeof mixed, { readonly z: Float32Array | NdView; readonly h: Float32Array | NdView }>(true);

// One input by another name, and one output by name, are as usual.
const single = defineCell('Single', "h' = W_h u + U_h h\nz = -h'", {
  inputs: { u: 'input' },
  outputs: ['z'],
})(2, 4);
same<typeof single.inputSize, 2>(true);
same<typeof single.outputSize, 4>(true);
same<InputOf<typeof single>, Vec>(true);
const [, plain] = single(undefined, [1, 2]);
same<typeof plain, Float32Array>(true);
chain(single, dense(4, 1));

// The readers of a text take any of them.
equations(masked);
const step = reference(both);
const { y: values } = step({ h: new Float64Array(4) }, { x: [1, 2], m: [1, 2, 3] });
same<typeof values, { readonly z: Float64Array; readonly h: Float64Array }>(true);
const { y: vector } = reference(gruCell(1, 2))({}, [1]);
same<typeof vector, Float64Array>(true);
// @ts-expect-error: m is missing
step({}, { x: [1, 2] });

// Operators take records and answer them.
declare const events: Observable<{ x: number[]; m: number[] }>;
const layer = recur(both);
same<typeof layer.cell, typeof both>(true);
const answered = events.pipe(layer);
same<typeof answered, Observable<{ readonly z: Float32Array; readonly h: Float32Array }>>(true);
// @ts-expect-error: m is missing
of({ x: [1, 2] }).pipe(layer);
const selected = of([1, 2, 3, 4, 5]).pipe(
  recur(both, { select: (e: number[]) => ({ x: e.slice(0, 2), m: e.slice(2) }) }),
);
same<typeof selected, typeof answered>(true);

// So does what holds its state; a sequence is a list of records, or a record of ndarrays.
const m = stateful(both, { initialState: [0, 0, 0, 0] });
const called = m({ x: [1, 2], m: [1, 2, 3] });
same<typeof called, { readonly z: Float32Array; readonly h: Float32Array }>(true);
const mapped = m.map([{ x: view, m: view }]);
same<typeof mapped, { readonly z: NdView; readonly h: NdView }[]>(true);
const whole = m.map({ x: view, m: view });
same<typeof whole, { readonly z: NdView; readonly h: NdView }>(true);
const parts = stateful(two).map(view);
same<typeof parts, { readonly z: NdView; readonly h: NdView }>(true);
// @ts-expect-error: m is missing
m({ x: [1, 2] });

// A chain joins by name, or by the only output that fits; its own ports are those of its ends.
const join = defineCell('Join', 'y = W_a z + W_b h', {
  inputs: { z: 'input', h: 'other' },
})({ z: 4, h: 4 }, 2);
const named = chain(both, join);
same<typeof named.inputSize, { readonly x: 2; readonly m: 3 }>(true);
same<typeof named.outputSize, 2>(true);
same<InputOf<typeof named>, { readonly x: Vec; readonly m: Vec }>(true);
const [, joined] = named.cell(undefined, { x: [1], m: [1] });
same<typeof joined, Float32Array>(true);
const picked = chain(two, dense(5, 1));
same<typeof picked.inputSize, 3>(true);
same<typeof picked.outputSize, 1>(true);
const last = chain(
  dense(4, 2),
  defineCell('Ends', "h' = W_h x + U_h h\nz = -h'", {
    outputs: ['z', 'h'],
  })(2, 3),
);
same<typeof last.inputSize, 4>(true);
same<typeof last.outputSize, { readonly z: number; readonly h: number }>(true);
const ends = stateful(last)([1, 2, 3, 4]);
same<typeof ends, { readonly z: Float32Array; readonly h: Float32Array }>(true);
// @ts-expect-error: one vector is not two inputs
chain(dense(2, 4), join);
// @ts-expect-error: other names
chain(both, masked);
// A function between takes and answers records.
const between = chain(both, y => ({ z: y.z, h: y.h }), join);
same<OutputOf<typeof between>, Float32Array>(true);
const opened = chain((e: number[]) => ({ x: e, m: e }), both);
same<InputOf<typeof opened>, number[]>(true);
const [, ofFunction] = opened.cell(undefined, [1]);
same<typeof ofFunction, { readonly z: Float32Array; readonly h: Float32Array }>(true);

// Branches share a record of inputs.
const branches = parallel('concat', single2(), single2());
same<typeof branches.inputSize, { readonly x: 2; readonly m: 2 }>(true);
function single2() {
  return defineCell('Gated', "h' = W_h (m * x) + U_h h", {
    inputs: { x: 'input', m: 'input' },
  })({ x: 2, m: 2 }, 3);
}

// Keys and forecasts take records.
declare const keyed: Observable<{ id: string; x: number[]; m: number[] }>;
const byKey = keyed.pipe(
  recurBy(both, {
    key: e => e.id,
    select: ({ x, m }: { id: string; x: number[]; m: number[] }) => ({ x, m }),
  }),
);
same<typeof byKey, Observable<{ readonly z: Float32Array; readonly h: Float32Array }>>(true);
const ahead = events.pipe(forecast(both, 2, { feedback: y => ({ x: [0, 0], m: [y.z[0], 0, 0] }) }));
same<
  typeof ahead,
  Observable<{
    readonly y: { readonly z: Float32Array; readonly h: Float32Array };
    readonly ahead: { readonly z: Float32Array; readonly h: Float32Array }[];
  }>
>(true);
const steps = stepper(both);
const stepped = steps({ x: [1, 2], m: [1, 2, 3] });
same<typeof stepped, { readonly z: Float32Array; readonly h: Float32Array }>(true);
// @ts-expect-error: m is missing
steps({ x: [1, 2] });
