import { type Observable, of } from 'rxjs';
import {
  type Cell,
  chain,
  defineCell,
  dense,
  equations,
  gruCell,
  type InputOf,
  type NdView,
  type OutputOf,
  type Params,
  recur,
  reference,
  type SameForm,
  type StateArray,
  type StateOf,
  stateful,
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
