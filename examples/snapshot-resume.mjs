// Stop a stream, keep its state as JSON, and go on later as if nothing had happened.
import { from, lastValueFrom, skip, take, toArray } from 'rxjs';
import { lstm, recur } from 'rxrecur';

const layer = lstm(1, 4, { seed: 1 });
const samples$ = from([0.1, 0.9, -0.4, 0.3, 0.7]);
const whole = await lastValueFrom(samples$.pipe(layer, toArray()));

// The observer of states is told of each one before its output goes out.
let kept;
const state = snapshot => {
  kept = JSON.stringify(snapshot);
};
const before = await lastValueFrom(samples$.pipe(take(3), recur(layer, { state }), toArray()));
const { format, layer: of, batch } = JSON.parse(kept);
console.log(`kept: ${format} of ${of}, batch ${batch}`);

// `restore` is for the first step only: a reset would still go to the very beginning.
const resumed = recur(layer, { restore: JSON.parse(kept) });
const after = await lastValueFrom(samples$.pipe(skip(3), resumed, toArray()));

const joined = [...before, ...after];
const isSame = joined.every((y, t) => y.every((value, i) => value === whole[t][i]));
console.log(`${before.length} steps, a pause, ${after.length} steps: the same numbers: ${isSame}`);
