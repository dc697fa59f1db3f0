// Look ahead: after each event, roll a copy of the state on its own outputs.
import { from } from 'rxjs';
import { forecast, rnn } from 'rxrecur';

// A turning wheel: h' = U h + W x turns the state by 30°, and x pushes it. It forecasts exactly.
const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
const wheel = rnn(2, 2, {
  activation: 'identity',
  bias: false,
  params: { weightIh: [1, 0, 0, 1], weightHh: [cos, -sin, sin, cos] },
});

const degrees = ([x, y]) => Math.round((Math.atan2(y, x) * 180) / Math.PI);

// Without pushes it goes on turning; the live stream does not move meanwhile.
const still = forecast(wheel, 3, {
  feedback: () => [0, 0],
  project: ({ y, ahead }) => `at ${degrees(y)}°, next ${ahead.map(degrees).join('° ')}°`,
});
from([
  [1, 0],
  [0, 0],
  [0, 0],
])
  .pipe(still)
  .subscribe(text => console.log(text));

// By default each output is the next input, as in a model that predicts its own input.
const own = rnn(1, 1, { activation: 'identity', bias: false, params: double() });
from([[1], [2]])
  .pipe(forecast(own, 4))
  .subscribe(({ y, ahead }) => console.log(`${y} then ${ahead.join(' ')}`));

function double() {
  return { weightIh: [2], weightHh: [0] };
}
