import { type ObservableInput, pipe } from 'rxjs';
import { type Layer, recur } from 'rxrecur';
import { threshold } from './recording.js';

/** What the page knows of one sample. */
export interface Seen {
  readonly mv: number;
  /** mV in 100 ms. */
  readonly ahead: number;
  /** The probability of a ventricular beat. */
  readonly p: number;
  /** An alarm starts here. */
  readonly alarm: boolean;
}

export type Net = Layer<unknown, 1, number>;

/** Both nets, one after the other, as one operator: mV in, what was seen out. */
export function watch(forecast: Net, flag: Net, reset: ObservableInput<unknown>) {
  const rises = (was: boolean, seen: Omit<Seen, 'alarm'>): [boolean, Seen] => {
    const above = seen.p > threshold;
    return [above, { ...seen, alarm: above && !was }];
  };
  return pipe(
    recur(forecast, { reset, project: ([, , ahead], mv: number) => ({ mv, ahead }) }),
    recur(flag, {
      reset,
      select: (seen: { mv: number; ahead: number }) => seen.mv,
      project: ([p], seen) => ({ ...seen, p }),
    }),
    recur(rises, { initialState: false, reset }),
  );
}
