import { concatMap, connect, defer, interval, map, take, zip } from 'rxjs';
import { recur } from 'rxrecur';
import { linear, sigmoid } from './baselines.mjs';
import { hz } from './recording.mjs';

/**
 * The recording as a stream of rows, `speed` times as fast as it was made. By default it waits
 * for nothing: a second of the recording, then whatever else the process has to do.
 */
export function play(rows, speed = Number.POSITIVE_INFINITY) {
  return defer(() => {
    const begin = performance.now();
    let sent = 0;
    const due = tick => {
      if (speed === Number.POSITIVE_INFINITY) return (tick + 1) * hz;
      return Math.ceil(((performance.now() - begin) / 1000) * speed * hz);
    };
    return interval(speed === Number.POSITIVE_INFINITY ? 0 : 40).pipe(
      concatMap(tick => rows.slice(sent, (sent = Math.max(sent, due(tick))))),
      take(rows.length),
    );
  });
}

/**
 * The nets and the simple methods side by side, as one operator: a row `{ t, mv }` in, out the
 * row with
 *
 * - `ahead`, `ridge`: forecasts in mV `[3]`, by the GRU and by ridge autoregression;
 * - `flag`, `logistic`: `{ p, alarm }`, the probability of a ventricular beat, and whether an
 *   alarm starts at this row.
 */
export function watch(models, baselines) {
  const { ridge, logistic, flag } = baselines;
  return rows =>
    rows.pipe(
      // connect, not share: rows come at once, and each branch has to hear the first.
      connect(row => {
        const mv = row.pipe(map(({ mv }) => mv));
        return zip(
          row,
          mv.pipe(models.forecast),
          zip(ridge.map(filter => mv.pipe(linear(filter)))),
          row.pipe(
            recur(models.flag, { select: ({ mv }) => mv, project: ([p]) => p }),
            alarms(flag.threshold),
          ),
          mv.pipe(linear(logistic), map(sigmoid), alarms(logistic.threshold)),
        );
      }),
      map(([row, ahead, ridge, flag, logistic]) => ({ ...row, ahead, ridge, flag, logistic })),
    );
}

/** An alarm starts where the probability is above the threshold and was not the row before. */
function alarms(threshold) {
  const step = (above, p) => [p > threshold, { p, alarm: p > threshold && !above }];
  return recur(step, { initialState: false });
}
