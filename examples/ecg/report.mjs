import { from } from 'rxjs';
import { hz, split } from './recording.mjs';
import { median, rmse, score } from './scoring.mjs';

const count = value => Math.round(value).toLocaleString('en-US');

function line(name, cells, widths = cells.map(() => 12)) {
  return name.padEnd(33) + cells.map((cell, i) => `${cell}`.padStart(widths[i])).join('');
}

/** RMSE in mV on the last 40 %, `[3]` a method: the GRU, ridge autoregression, persistence. */
export function forecastErrors(seen, { horizons }) {
  const mv = seen.map(row => row.mv);
  const errors = forecastOf => {
    return horizons.map((horizon, j) => {
      const forecast = seen.map(row => forecastOf(row, j));
      return rmse(forecast, mv, horizon, split, seen.length);
    });
  };
  return {
    gru: errors(({ ahead }, j) => ahead[j]),
    ridge: errors(({ ridge }, j) => ridge[j]),
    persistence: errors(({ mv }) => mv),
  };
}

/** The counts of `score` on the last 40 %: of the GRU's flag, and of logistic regression. */
export function flagScores(seen, beats, { flag }) {
  const part = [(split / hz) * 1000, (seen.length / hz) * 1000];
  const scored = method => {
    const alarms = seen.filter(row => row[method].alarm).map(({ t }) => t);
    return score(alarms, beats, flag.reachMs, ...part);
  };
  return { gru: scored('flag'), logistic: scored('logistic') };
}

/** Steps a second of a model as an operator, one sample an event: the median of five runs. */
export function stepsPerSecond(model, rows) {
  const mv = rows.slice(0, 10_000).map(row => row.mv);
  const speeds = Array.from({ length: 5 }, () => {
    const begin = performance.now();
    from(mv).pipe(model).subscribe();
    return mv.length / ((performance.now() - begin) / 1000);
  });
  return median(speeds);
}

/** The comparison, in lines. */
export function* report({ errors, scores, speeds, baselines }) {
  const { horizons, ridge } = baselines;
  const three = values => values.map(value => value.toFixed(3));
  const ahead = horizons.map(rows => `+${(rows * 1000) / hz} ms`);
  yield line('forecast, RMSE in mV', ahead);
  yield line('  GRU 32 + dense 3', three(errors.gru));
  yield line(`  ridge autoregression, ${ridge[0].taps} taps`, three(errors.ridge));
  yield line('  persistence', three(errors.persistence));
  yield '';
  yield line('ventricular beats', ['hits', 'false alarms', 'strays', 'median delay'], flagWidths);
  yield flagLine('  GRU 16 + dense 1', scores.gru);
  yield flagLine('  logistic regression, 64 samples', scores.logistic);
  yield '';
  yield line('speed, portable backend', ['steps/s', '× real time'], [12, 14]);
  for (const [name, speed] of Object.entries(speeds)) {
    yield line(`  ${name}`, [count(speed), count(speed / hz)], [12, 14]);
  }
}

const flagWidths = [10, 14, 8, 14];

function flagLine(name, { hits, ventricular, falseAlarms, normal, strays, medianDelay }) {
  const counts = [`${hits} of ${ventricular}`, `${falseAlarms} of ${normal}`, strays];
  return line(name, [...counts, `${Math.round(medianDelay)} ms`], flagWidths);
}

/** What the comparison does not say, in lines. */
export function* caveats({ gru, logistic }, { flag }) {
  yield 'One patient, one lead, five minutes. This is no medical device.';
  yield 'The labels are self-made, by a script, from the width of the QRS. Unclear beats';
  yield `count neither way: the GRU flags ${gru.unclearFlagged} of ${gru.unclear}, the regression ${logistic.unclearFlagged}.`;
  yield 'Simpler methods tie the flag: logistic regression finds the same beats, later.';
  yield `A hit is an alarm up to ${flag.reachMs} ms after R, a stray an alarm of no beat. Delays`;
  yield 'run from R; the flag was taught to rise 80 ms after R.';
  yield 'The low-pass at 120 Hz is centred: each row has seen 17 ms of the future. A live';
  yield 'device gets it 17 ms later: of 25, 50 and 100 ms about 8, 33 and 83 remain, for';
  yield 'every method, and the flag comes 17 ms later.';
}
