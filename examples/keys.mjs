// One model, many sensors: each key has a state of its own, and all share one set of weights.
import { from, Subject } from 'rxjs';
import { recur, recurBy } from 'rxrecur';

/** Exponential average of what one sensor said. */
const average = (h, x) => {
  const y = h === null ? x : (h + x) / 2;
  return [y, y];
};
const smooth = recur(average, { initialState: null });

const readings = [
  { sensor: 'oven', celsius: 180 },
  { sensor: 'fridge', celsius: 4 },
  { sensor: 'oven', celsius: 190 },
  { sensor: 'fridge', celsius: Number.NaN },
  { sensor: 'fridge', celsius: 6 },
];
const bySensor = {
  key: ({ sensor }) => sensor,
  select: ({ celsius }) => {
    if (Number.isNaN(celsius)) throw new Error('no reading');
    return celsius;
  },
  project: (mean, _, sensor) => `mean of ${sensor} ${mean} °C`,
};

// A bad datum ends nothing: it is told beside the stream.
const keyed = recurBy(smooth, bySensor);
keyed.invalid.subscribe(({ key, error }) => console.log(`${key}: ${error.message}`));
from(readings)
  .pipe(keyed)
  .subscribe(text => console.log(text));

// Few keys in memory: the states of the others wait elsewhere, and come back.
const kept = new Map();
const source$ = new Subject();
const frugal = recurBy(smooth, {
  ...bySensor,
  maxKeys: 1,
  evicted: ({ key, snapshot }) => kept.set(key, JSON.stringify(snapshot)),
  restore: key => (kept.has(key) ? JSON.parse(kept.get(key)) : undefined),
  restored: ({ key }) => console.log(`${key} is back`),
  onInvalid: 'skip',
});
source$.pipe(frugal).subscribe(text => console.log(text));
for (const reading of readings.slice(0, 3)) source$.next(reading);
