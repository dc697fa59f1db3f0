// docs/by-hand.md in TensorFlow.js (@tensorflow/tfjs 4.22); CI runs it. To run it:
//   npm install --prefix test/docs/by-hand --ignore-scripts && node test/docs/by-hand/tfjs.mjs
import * as tf from '@tensorflow/tfjs';
import { map, Subject } from 'rxjs';

await tf.ready();
const [x$, reset$] = [new Subject(), new Subject()];

const model = tf.sequential({
  layers: [
    tf.layers.lstm({ units: 15, stateful: true, batchInputShape: [1, 1, 10] }),
    tf.layers.dense({ units: 5 }),
  ],
});
const y$ = x$.pipe(map(x => tf.tidy(() => model.predict(tf.tensor(x, [1, 1, 10])).dataSync())));
reset$.subscribe(() => model.resetStates());

const ys = [];
y$.subscribe(y => ys.push(String(y)));
const x = new Float32Array(10).fill(0.5);
x$.next(x);
x$.next(x);
reset$.next();
x$.next(x);
process.exitCode = ys[1] !== ys[0] && ys[2] === ys[0] ? 0 : 1;
