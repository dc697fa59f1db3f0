import { of, Subject } from 'rxjs';
import {
  chain,
  dense,
  forecast,
  gru,
  type Layer,
  lstm,
  type ParamsOf,
  recur,
  stateful,
  telemetry,
} from '../../src/index.js';

// A set has the names of the model's parameters; any of them may be left out.

const layer = gru(3, 3);
const one = new Subject<ParamsOf<typeof layer>>();
one.next({});
one.next({ weightIh: new Float32Array(27), biasHh: [1, 2, 3] });
one.next(layer.params);
// @ts-expect-error: a number for a set
one.next(3);

const model = chain(lstm(2, 4), (y: Float32Array) => y, dense(4, 1));
const set = new Subject<ParamsOf<typeof model>>();
set.next([]);
set.next([{ weightIh: [[1, 2]] }]);
set.next([undefined, undefined, { bias: [1] }]);
set.next(model.params);
// @ts-expect-error: a number for a set
set.next([1]);

recur(model, { weights: set });
recur(model, {
  weights: of([{}, undefined, { weight: [1, 2, 3, 4] }] as const),
  select: (e: string) => [e.length, 1],
});
telemetry(layer, { weights: one });
forecast(layer, 2, { weights: one });
stateful(layer).use({ weightHh: [1] });
stateful(model).use([{}, undefined, { bias: [0] }]);
// @ts-expect-error: no observable
recur(layer, { weights: 3 });
// @ts-expect-error: text for a set
stateful(layer).use('weights');

// A model whose type nobody knows takes what its params are.
const anything = layer as unknown as Layer<unknown, number, number, unknown>;
stateful(anything).use([{ weight: [1] }] as never);
