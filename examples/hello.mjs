// A cell is a function, a layer is an operator, and so is a chain of layers.
import { from } from 'rxjs';
import { chain, dense, lstm, rnn, rnnCell } from 'rxrecur';

// A cell takes the old state and an input, and gives the new state and an output. This one is
// h' = 5 x + 4 h, so from h = 7 the inputs 2 and 3 lead to 5·3 + 4·(5·2 + 4·7) = 167.
const params = { weightIh: [[5]], weightHh: [[4]], biasIh: [0], biasHh: [0] };
const cell = rnnCell(1, 1, { activation: 'identity', params });
let h = [7];
for (const x of [2, 3]) [h] = cell(h, [x]);
console.log(`${cell} ends at ${h}`);

// A layer threads the state by itself: it goes into pipe as it is.
const layer = rnn(1, 1, { activation: 'identity', params });
from([2, 3])
  .pipe(layer)
  .subscribe(y => console.log(`${layer} emits ${y}`));

// A chain is stepped as one unit. Without params it is initialised at random, here from a seed.
const model = chain(lstm(10, 15, { seed: 1 }), dense(15, 5, { seed: 2 }));
const sequence = [new Float32Array(10).fill(1), new Float32Array(10).fill(-1)];
console.log(`${model}`);
from(sequence)
  .pipe(model)
  .subscribe(y => console.log(`emits ${y.length} numbers`));
