// One model, many sensors: the state belongs to the subscription, so each group has its own.
import { from, groupBy, map, mergeMap } from 'rxjs';
import { recur } from 'rxrecur';

/** Exponential average of what one sensor said. */
const average = (h, x) => {
  const y = h === null ? x : (h + x) / 2;
  return [y, y];
};
const smooth = recur(average, {
  initialState: null,
  select: ({ celsius }) => celsius,
  project: (mean, { sensor }) => `${sensor} ${mean}`,
});

const readings = [
  { sensor: 'oven', celsius: 180 },
  { sensor: 'fridge', celsius: 4 },
  { sensor: 'oven', celsius: 190 },
  { sensor: 'fridge', celsius: 6 },
];
from(readings)
  .pipe(
    groupBy(({ sensor }) => sensor),
    mergeMap(readingsOfOne$ => readingsOfOne$.pipe(smooth)),
    map(text => `mean of ${text} °C`),
  )
  .subscribe(text => console.log(text));
