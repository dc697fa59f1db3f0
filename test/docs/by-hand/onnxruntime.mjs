// docs/by-hand.md in onnxruntime (onnxruntime-node 1.30, PyTorch 1.13); CI runs it. To run it:
//   npm install --prefix test/docs/by-hand --ignore-scripts
//   python3 test/docs/by-hand/onnxruntime.py && node test/docs/by-hand/onnxruntime.mjs
// The first writes model.onnx to the folder in which it is started, the second reads it there.
import * as ort from 'onnxruntime-node';
import { concatMap, Subject } from 'rxjs';

const [x$, reset$] = [new Subject(), new Subject()];

const session = await ort.InferenceSession.create('model.onnx');
const zeros = () => new ort.Tensor('float32', new Float32Array(15), [1, 1, 15]);
let state = { h: zeros(), c: zeros() };
const y$ = x$.pipe(
  concatMap(async x => {
    const feeds = { x: new ort.Tensor('float32', x, [1, 1, 10]), ...state };
    const { y, hn, cn } = await session.run(feeds);
    state = { h: hn, c: cn };
    return y.data;
  }),
);
reset$.subscribe(() => (state = { h: zeros(), c: zeros() }));

const ys = [];
const done = new Promise(resolve => {
  y$.subscribe({ next: y => ys.push(String(y)), complete: resolve });
});
const x = new Float32Array(10).fill(0.5);
x$.next(x);
x$.next(x);
while (ys.length < 2) await new Promise(resolve => setTimeout(resolve, 10));
reset$.next();
x$.next(x);
x$.complete();
await done;
process.exitCode = ys[1] !== ys[0] && ys[2] === ys[0] ? 0 : 1;
