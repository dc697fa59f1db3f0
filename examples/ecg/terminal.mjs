import plot from 'simple-ascii-chart';
import { readBaselines } from './baselines.mjs';
import { hz } from './recording.mjs';

const shown = 3 * hz; // rows in a frame
const lead = readBaselines().horizons.at(-1) / hz; // seconds that the longest forecast is ahead
const frameMs = 40; // drawing more often would cost more than the nets
const smallest = { columns: 50, rows: 24 };
const clearLine = '\x1b[K';
const up = count => (count ? `\x1b[${count}A\r` : '');

/** What to do with each thing that `watch` emits: draw on a terminal, or print lines elsewhere. */
export function view(out, threshold) {
  const fits = out.columns >= smallest.columns && out.rows >= smallest.rows;
  return out.isTTY && fits ? frames(out, threshold) : minutes(out);
}

/** Draws the last three seconds again and again, in one place of the terminal. */
function frames(out, threshold) {
  const last = [];
  let [alarms, drawn, height] = [0, 0, 0];
  const draw = () => {
    const lines = frame(last, alarms, threshold, out);
    out.write(`${up(height)}${lines.map(line => `${line}${clearLine}\n`).join('')}`);
    [drawn, height] = [performance.now(), lines.length];
  };
  return {
    next(seen) {
      alarms += seen.flag.alarm;
      if (last.push(seen) > shown) last.shift();
      if (last.length === shown && performance.now() - drawn > frameMs) draw();
    },
    complete: draw,
  };
}

/** The lines of one picture: mV above, probability below, seconds before the newest row. */
function frame(last, alarms, threshold, out) {
  const now = last.at(-1).t;
  const seconds = ({ t }) => (t - now) / 1000;
  const signal = last.map(seen => [seconds(seen), seen.mv]);
  const forecast = last.map(seen => [seconds(seen) + lead, seen.ahead[2]]);
  const flag = last.map(seen => [seconds(seen), seen.flag.p]);
  // Both charts reach equally far to the right, so that one stands above the other.
  flag.push([lead, flag.at(-1)[1]]);
  const colours = out.getColorDepth() > 1;
  const [cyan, yellow, magenta, red] = ['Cyan', 'Yellow', 'Magenta', 'Red'].map(name => {
    return colours ? `ansi${name}` : undefined;
  });
  return [
    `${(now / 1000).toFixed(1).padStart(5)} s   ventricular alarms so far: ${alarms}`,
    `mV: the signal, and its forecast, which is ${lead} s ahead`,
    ...chart(out, [forecast, signal], [yellow, cyan], [-1, 0, 1, 2], { height: 10 }),
    `probability of a ventricular beat; above ${threshold} is an alarm`,
    ...chart(out, [flag], [magenta], [0, 1], {
      height: 4,
      thresholds: [{ y: threshold, color: red }],
      symbols: { thresholds: { x: '─' } },
    }),
  ];
}

function chart(out, series, color, ticks, settings) {
  const [low, high] = [ticks[0], ticks.at(-1)];
  const seconds = [-2, -1, 0];
  const clipped = series.map(line => {
    // The chart drops what is out of range; clipped, a peak is still a peak.
    const within = line.filter(([x]) => x >= -shown / hz);
    return within.map(([x, y]) => [x, Math.min(high, Math.max(low, y))]);
  });
  const text = plot(clipped, {
    width: Math.min(out.columns - 6, 110),
    yRange: [low, high],
    customYAxisTicks: ticks,
    customXAxisTicks: seconds,
    // It asks for every value, and leaves room for the longest answer.
    formatter: (value, { axis }) => {
      if (axis === 'x') return seconds.includes(value) ? `${value} s` : '';
      return ticks.includes(value) ? String(value) : '';
    },
    ...(color.includes(undefined) ? {} : { color }),
    ...settings,
  });
  const lines = text.split('\n').filter(line => line.trim() !== '');
  // Labels of one digit leave the axis further left: both charts have it in the same column.
  const indent = ' '.repeat(Math.max(0, 2 - lines[0].indexOf('▲')));
  return lines.map(line => indent + line);
}

/** A line a minute of the recording, where there is no terminal to draw on. */
function minutes(out) {
  let [rows, alarms] = [0, 0];
  return {
    next({ flag }) {
      alarms += flag.alarm;
      if (++rows % (60 * hz) === 0) {
        out.write(`${rows / hz} s streamed, ventricular alarms so far: ${alarms}\n`);
      }
    },
    complete() {},
  };
}
