// A cell of your own: its equations, or a plain function.
import { from } from 'rxjs';
import { defineCell, equations, recur } from 'rxrecur';

// W_x x: the rows x of weightIh times the input, plus biasIh. A prime is the next step's state.
const leakyCell = defineCell('Leaky', "h' = (1 - rate) * h + rate * (W_x x)", {
  constants: { rate: 0.1 },
});
const leaky = leakyCell(1, 1, { rate: 0.5, params: { weightIh: [[1]], biasIh: [0] } });
console.log(`${leaky}: ${equations(leaky, 'text')}`);
from([1, 1, 1])
  .pipe(recur(leaky))
  .subscribe(y => console.log(`leaky ${y}`));

// Any pure function of the old state and an input is a cell too; its state may be any plain data.
const accum = (h, x) => [h + x, h + x];
from([1, 2, 3])
  .pipe(recur(accum, { initialState: 0 }))
  .subscribe(y => console.log(`accum ${y}`));
