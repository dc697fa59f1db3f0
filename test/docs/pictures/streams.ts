import { from, type Observable, Subject } from 'rxjs';
import type { NdView } from '../../../src/arrays/ndarray.js';
import { recur, rnn } from '../../../src/index.js';
import { type Colour, marble, operator, path, picture, stream, text, time } from './svg.js';

const sum = (h: number, x: number): [number, number] => [h + x, h + x];

/** A layer that adds up: h' = x + h. */
const adding = () => {
  const params = { weightIh: [[1]], weightHh: [[1]], biasIh: [0], biasHh: [0] };
  return rnn(1, 1, { activation: 'identity', params });
};

/** docs/recur-reset.svg */
export function resetPicture(): string {
  const [x$, reset$, ys] = [new Subject<number>(), new Subject<void>(), [] as number[]];
  x$.pipe(recur(sum, { initialState: 0, reset: reset$ })).subscribe(y => ys.push(y));
  const xs = [1, 2, 3, 4];
  const times = [0.3, 1.5, 3.9, 5.1];
  for (const [i, x] of xs.entries()) {
    if (i === 2) reset$.next();
    x$.next(x);
  }
  const at = time(2.7) + 20;
  return picture(
    {
      title: 'recur with a reset: a marble diagram',
      text: `A running sum. The events ${xs.join(', ')} give ${ys.join(', ')}: the reset before the event ${xs[2]} puts the state back to 0.`,
      width: 640,
      height: 262,
    },
    stream(40, 'x$', 6.4),
    stream(96, 'reset$', 6.4),
    path(`M${at},${96 + 18}V${200 - 20}`, 'line dotted'),
    ...xs.map((x, i) => marble(times[i], 40, String(x), 'one')),
    marble(2.7, 96, '↺', 'two'),
    operator(134, 'recur((h, x) => [h + x, h + x], { reset: reset$ })', 6.4),
    stream(210, 'y$', 6.4),
    ...ys.map((y, i) => marble(times[i], 210, String(y), 'three')),
    text(at, 247, 'h is 0 again', 'middle soft small'),
  );
}

function outputs<T, Y>(events: readonly T[], layer: (source: Observable<T>) => Observable<Y>) {
  const ys: Y[] = [];
  from(events)
    .pipe(layer)
    .subscribe(y => ys.push(y));
  return ys;
}

const column = ({ data, shape: [, batch], stride, offset }: NdView) =>
  Array.from({ length: batch }, (_, j) => data[offset + j * stride[1]]);

/** docs/chunks-batch.svg */
export function chunksPicture(): string {
  const chunks = [[1, 2], [3], [4, 5, 6]];
  const sums = outputs(chunks, recur(adding(), { chunks: true })).map(ys => ys.map(([y]) => y));
  const batches = [
    [1, 10],
    [2, 20],
    [3, 30],
  ];
  const views = outputs(
    batches.map(data => ({ data, shape: [1, 2], stride: [2, 1], offset: 0 })),
    adding(),
  );
  const columns = views.map(y => column(y as NdView));
  const [times, steps] = [[0.4, 2.3, 4.2], 6.4];
  const row = (y: number, values: readonly number[][], colour: Colour, by: string) =>
    values.map((list, i) => marble(times[i], y, list.join(by), colour));
  return picture(
    {
      title: 'Chunks and batches: two marble diagrams',
      text: `A running sum. In chunks, ${chunks.map(c => `[${c}]`).join(' ')} gives ${sums.map(c => `[${c}]`).join(' ')}: one state goes on from chunk to chunk. In a batch, each event has a number for each of two streams, and ${batches.map(c => `[${c}]`).join(' ')} gives ${columns.map(c => `[${c}]`).join(' ')}: each column has its own state.`,
      width: 640,
      height: 400,
    },
    stream(40, 'chunk$', steps),
    ...row(40, chunks, 'one', ' '),
    operator(78, 'recur(sum, { chunks: true })', steps),
    stream(154, 'y$', steps),
    ...row(154, sums, 'three', ' '),
    stream(250, 'batch$', steps),
    ...row(250, batches, 'one', ' | '),
    operator(288, 'sum, events of shape [1, 2]', steps),
    stream(364, 'y$', steps),
    ...row(364, columns, 'three', ' | '),
  );
}
