import { from } from 'rxjs';
import {
  bidirectional,
  chain,
  dense,
  gru,
  type Layer,
  lstm,
  parallel,
  read,
  type StateArray,
  type StateOf,
  skip,
  stateful,
  tap,
  window,
} from '../../src/index.js';
import { type Of, same } from './expect-type.js';

// Layers beside, around and after each other.

const both = parallel('concat', lstm(4, 3), dense(4, 2));
type Both = StateOf<typeof both>;
same<Both[0], { h: StateArray; c: StateArray }>(true);
same<Both[1], undefined>(true);
same<typeof both.outputSize, number>(true);

const around: Layer = skip(gru(4, 4));
const outputs = from([new Float32Array(4)]).pipe(around);
same<Of<typeof outputs>, Float32Array>(true);

const tapped = chain(tap('v', gru(4, 8)), dense(8, 2));
same<typeof tapped.outputSize, 2>(true);
// @ts-expect-error: the tap's member answers 8
chain(tap('v', gru(4, 8)), dense(7, 2));
const joined = chain(tap('x'), gru(4, 8), read('x'), dense(4, 1));
same<typeof joined.outputSize, 1>(true);

// @ts-expect-error: no such combination
parallel('sum', dense(1, 1));
// @ts-expect-error: a name is text
tap(1, dense(1, 1));

const ys = stateful(bidirectional(gru(2, 3))).map([[1, 2]]);
same<typeof ys, Float32Array[]>(true);
const windows = stateful(window(4, bidirectional(gru(2, 3))));
const y = windows([1, 2, 3, 4, 5, 6, 7, 8]);
same<typeof y, Float32Array>(true);
