import { cpus } from 'node:os';
import { from } from 'rxjs';
import { backend } from 'rxrecur';
import { nameOf } from './nets.mjs';
import { filterDelay, hz, split } from './recording.mjs';
import { median, rmse, score } from './scoring.mjs';

const count = value => Math.round(value).toLocaleString('en-US');

function line(name, cells, widths = cells.map(() => 12)) {
  return name.padEnd(33) + cells.map((cell, i) => `${cell}`.padStart(widths[i])).join('');
}

/** RMSE in mV on the rows that nothing was fitted on, `[3]` a method. */
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

/** The counts of `score` on those rows: of the GRU's flag, and of logistic regression. */
export function flagScores(seen, beats, { flag }) {
  const part = [(split / hz) * 1000, (seen.length / hz) * 1000];
  const scored = method => {
    const alarms = seen.filter(row => row[method].alarm).map(({ t }) => t);
    return score(alarms, beats, flag.reachMs, ...part);
  };
  return { gru: scored('flag'), logistic: scored('logistic') };
}

/**
 * Steps that a model as an operator takes in a second of processor time: the median of five runs.
 */
export function speedOf(model, rows) {
  const mv = rows.slice(0, 10_000).map(row => row.mv);
  const speeds = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    from(mv).pipe(model).subscribe();
    const { user, system } = process.cpuUsage(begin);
    return mv.length / ((user + system) / 1e6);
  });
  return { name: nameOf(model), steps: median(speeds), backend: backend(model) };
}

const unique = values => [...new Set(values)];
const backendsOf = speeds => unique(speeds.map(({ backend }) => backend)).join(' and ');

/** The rows of three tables, each with its head first: texts of cells. */
export function tables({ errors, scores, speeds, models, baselines }) {
  const { horizons, ridge, logistic } = baselines;
  const three = values => values.map(value => value.toFixed(3));
  const flag = ({ hits, ventricular, falseAlarms, normal, strays, medianDelay }) => [
    `${hits} of ${ventricular}`,
    `${falseAlarms} of ${normal}`,
    strays,
    `${Math.round(medianDelay)} ms`,
  ];
  return [
    [
      ['forecast, RMSE in mV', ...horizons.map(rows => `+${(rows * 1000) / hz} ms`)],
      [nameOf(models.forecast), ...three(errors.gru)],
      [`ridge autoregression, ${ridge[0].taps} taps`, ...three(errors.ridge)],
      ['persistence', ...three(errors.persistence)],
    ],
    [
      ['ventricular beats', 'hits', 'false alarms', 'strays', 'median delay'],
      [nameOf(models.flag), ...flag(scores.gru)],
      [`logistic regression, ${logistic.taps} samples`, ...flag(scores.logistic)],
    ],
    [
      [`speed on ${backendsOf(speeds)}`, 'steps/s', '× real time'],
      ...speeds.map(({ name, steps }) => [name, count(steps), count(steps / hz)]),
    ],
  ];
}

const widths = [
  [12, 12, 12],
  [10, 14, 8, 14],
  [12, 14],
];

/** The comparison, in lines. */
export function* report(figures) {
  for (const [i, [[title, ...head], ...rows]] of tables(figures).entries()) {
    if (i > 0) yield '';
    yield line(title, head, widths[i]);
    for (const [name, ...cells] of rows) yield line(`  ${name}`, cells, widths[i]);
  }
}

/** The comparison in Markdown, and on what machine the speeds were measured. */
export function markdown(figures) {
  const row = cells => `| ${cells.join(' | ')} |`;
  const parts = tables(figures).map(([head, ...rows]) =>
    [row(head), row(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(row)].join('\n'),
  );
  const machine = `Node ${process.version}, one core of an ${cpus()[0].model}, in processor time`;
  return [...parts, `Speeds: ${machine}.`].join('\n\n');
}

/** What the comparison does not say, in lines. */
export function* caveats({ gru, logistic }, { flag, horizons }) {
  const delay = Math.round(filterDelay);
  const ahead = horizons.map(rows => (rows * 1000) / hz);
  const left = ahead.map(milliseconds => Math.round(milliseconds - filterDelay));
  const words = numbers => `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
  const later = Math.round(logistic.medianDelay - gru.medianDelay);
  const apart = `${Math.abs(later)} ms`;
  const { hits, ventricular, falseAlarms, unclearFlagged } = logistic;
  yield 'One patient, one lead, five minutes. This is no medical device.';
  yield 'The labels are self-made, by a script, from the width of the QRS. Unclear beats';
  const flagged = `the GRU flags ${gru.unclearFlagged} of ${gru.unclear}`;
  yield `count neither way: ${flagged}, the regression ${unclearFlagged}.`;
  const finds = `finds ${hits} of the ${ventricular} beats too, ${apart}`;
  yield `A simpler method: logistic regression ${finds}`;
  yield `${later < 0 ? 'earlier' : 'later'} in the median, with ${falseAlarms} false alarms.`;
  yield `A hit is an alarm up to ${flag.reachMs} ms after R, a stray an alarm of no beat. Delays`;
  yield `run from R; the flag was taught to rise ${flag.targetMs} ms after R.`;
  yield `The low-pass at ${hz} Hz is centred: each row has seen ${delay} ms of the future. A live`;
  yield `device gets it ${delay} ms later: of ${words(ahead)} ms about ${words(left)} remain, for`;
  yield `every method, and the flag comes ${delay} ms later.`;
}
