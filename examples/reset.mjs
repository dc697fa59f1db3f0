// A reset is a stream as well: whatever it emits restores the initial state.
import { filter, from, Subject } from 'rxjs';
import { recur } from 'rxrecur';

const accum = (h, x) => [h + x, h + x];

// From outside: a button, a clock, the end of a file.
const [source$, reset$] = [new Subject(), new Subject()];
source$
  .pipe(recur(accum, { initialState: 0, reset: reset$ }))
  .subscribe(y => console.log(`outside ${y}`));
source$.next(1);
source$.next(2);
reset$.next();
source$.next(3);

// From the events themselves: the function hears each one before it is stepped.
const rides = [
  { km: 4 },
  { km: 5 },
  { km: 2, first: true }, // a new ride: this event is the first after the reset
  { km: 6 },
];
const distance = recur(accum, {
  initialState: 0,
  select: ride => ride.km,
  reset: ride$ => ride$.pipe(filter(ride => ride.first)),
});
from(rides)
  .pipe(distance)
  .subscribe(y => console.log(`ride ${y} km`));
