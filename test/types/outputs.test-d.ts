import ndarray, { type NdArray as Scijs } from 'ndarray';
import { type Observable, of } from 'rxjs';
import {
  chain,
  dense,
  gru,
  gruCell,
  lstm,
  type NdArray,
  type NdView,
  recur,
  stateful,
  type Vec,
} from '../../src/index.js';
import { same } from './expect-type.js';

// What comes out for what goes in.

const layer = lstm(10, 15);
const model = chain(lstm(10, 15), dense(15, 5));
type ScijsOut<D extends Float64Array> = Omit<Scijs<D>, 'data' | 'dtype'> & {
  readonly data: Float32Array;
  readonly dtype: 'float32';
};

// Vectors of any kind give a Float32Array.
const fromFloats = of(new Float32Array(10)).pipe(layer);
same<typeof fromFloats, Observable<Float32Array>>(true);
const fromDoubles = of(new Float64Array(10)).pipe(layer);
same<typeof fromDoubles, Observable<Float32Array>>(true);
const fromIntegers = of(new Int16Array(10)).pipe(layer);
same<typeof fromIntegers, Observable<Float32Array>>(true);
const fromArray = of([1, 2]).pipe(layer);
same<typeof fromArray, Observable<Float32Array>>(true);
const fromNumber = of(1).pipe(layer);
same<typeof fromNumber, Observable<Float32Array>>(true);
const throughModel = of([1, 2]).pipe(model);
same<typeof throughModel, Observable<Float32Array>>(true);
const fromConst = of([1, 2] as const).pipe(layer);
same<typeof fromConst, Observable<Float32Array>>(true);

// An ndarray gives an ndarray; scijs's gives scijs's, in float32.
declare const view: NdView;
declare const plain: NdArray;
const fromView = of(view).pipe(layer);
same<typeof fromView, Observable<NdView>>(true);
const fromPlain = of(plain).pipe(model);
same<typeof fromPlain, Observable<NdView>>(true);
const doubles = ndarray(new Float64Array(10), [10]);
const fromScijs = of(doubles).pipe(layer);
same<typeof fromScijs, Observable<ScijsOut<Float64Array<ArrayBuffer>>>>(true);
declare const answered: ScijsOut<Float64Array>;
same<number, ReturnType<typeof answered.get>>(true);
same<ReturnType<typeof answered.pick>, Scijs<Float64Array>>(true);
const again = of(answered).pipe(layer);
same<Observable<unknown>, typeof again>(false);

// A union gives a union.
declare const either: Observable<Float32Array | NdView>;
const fromEither = either.pipe(layer);
same<typeof fromEither, Observable<Float32Array | NdView>>(true);
declare const anything: Observable<Vec>;
const fromAnything = anything.pipe(model);
same<typeof fromAnything, Observable<Float32Array | NdView>>(true);

// The same for cells and for stateful models.
const cell = gruCell(2, 3);
const [, y] = cell(undefined, [1, 2]);
same<typeof y, Float32Array>(true);
const [, nd] = cell([0, 0, 0], view);
same<typeof nd, NdView>(true);
const m = stateful(model);
const called = m([1]);
same<typeof called, Float32Array>(true);
const calledWithView = m(view);
same<typeof calledWithView, NdView>(true);

// map answers in the form in which the sequence came.
const mapped = m.map([[1], [2]]);
same<typeof mapped, Float32Array[]>(true);
const mappedViews = m.map([view, view]);
same<typeof mappedViews, NdView[]>(true);
const mappedNumbers = stateful(gru(1, 2)).map([1, 2]);
same<typeof mappedNumbers, Float32Array[]>(true);
const mappedFloats = stateful(gru(1, 2)).map(new Float32Array(5));
same<typeof mappedFloats, Float32Array[]>(true);
const mappedMatrix = m.map(view);
same<typeof mappedMatrix, NdView>(true);
const mappedScijs = m.map(doubles);
same<typeof mappedScijs, ScijsOut<Float64Array<ArrayBuffer>>>(true);

// Chunks: arrays of steps give arrays of outputs, ndarrays ndarrays.
const chunked = of([[1], [2]]).pipe(recur(model, { chunks: true }));
same<typeof chunked, Observable<Float32Array[]>>(true);
const chunkedViews = of(view).pipe(recur(model, { chunks: true }));
same<typeof chunkedViews, Observable<NdView>>(true);

// What is no vector is refused.
// @ts-expect-error: a text is no vector
of('text').pipe(layer);
// @ts-expect-error: nor is an object
of({ x: 1 }).pipe(layer);
// @ts-expect-error: nor are texts
of(['1']).pipe(model);
// @ts-expect-error: nor are bytes
m(new Uint8Array(10));
// @ts-expect-error: nor nothing
cell(undefined, undefined);
