// Many streams at once, and many steps at once: the same numbers as one by one.
import { from, lastValueFrom, of, toArray } from 'rxjs';
import { gru, recur, stateful } from 'rxrecur';

const layer = gru(2, 3, { seed: 1 });
const left = [
  [0.5, -1],
  [0.25, 2],
];
const right = [
  [1, 1],
  [-1, 0],
];

// One by one.
const one = await lastValueFrom(from(left).pipe(layer, toArray()));
const other = await lastValueFrom(from(right).pipe(layer, toArray()));

// A batch: each datum is a matrix [features, batch], each column a stream of its own. Any object
// with data, shape, stride and offset will do; the packages of scijs make such.
const columns = left.map((x, t) => {
  const data = [x[0], right[t][0], x[1], right[t][1]];
  return { data, shape: [2, 2], stride: [2, 1], offset: 0 };
});
const batch = await lastValueFrom(from(columns).pipe(layer, toArray()));
const column = (y, j) => [0, 1, 2].map(i => y.get(i, j));
console.log(`a batch emits [${batch[1].shape}]`);
console.log(`its columns are the streams: ${same(column(batch[1], 0), one[1])}`);
console.log(`both of them: ${same(column(batch[1], 1), other[1])}`);

// Chunks: an event is a list of steps, an emission the list of outputs.
const [chunk] = await lastValueFrom(of(left).pipe(recur(layer, { chunks: true }), toArray()));
console.log(`a chunk is its steps: ${chunk.every((y, t) => same(y, one[t]))}`);

// Without RxJS.
const mapped = stateful(layer).map(left);
console.log(`so is map: ${mapped.every((y, t) => same(y, one[t]))}`);

function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
