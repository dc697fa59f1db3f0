import { scaleLinear } from 'd3-scale';
import { line, symbol, symbolTriangle } from 'd3-shape';
import { readBaselines } from './baselines.mjs';
import { hz } from './recording.mjs';
import { element as el, render } from './svg.mjs';

const width = 1040;
const height = 574;
const left = 56;
const right = width - 24;
const top = { title: 38, legend: 88, beats: 122, signal: 132, flag: 412, notes: 540 };
const bottom = { signal: 372, flag: 486 };
const lead = readBaselines().horizons.at(-1); // rows that the longest forecast is ahead

// Its own ground, so that it can be read on a page of any colour.
const style = `
  svg { --ground: #ffffff; --ink: #1f2933; --soft: #56616c; --grid: #e3e7eb;
        --signal: #a3b0bd; --forecast: #c2410c; --flag: #6d28d9; --unclear: #8a5a00; --reach: .1 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #14181d; --ink: #e8edf2; --soft: #a3afbb; --grid: #2a313a;
          --signal: #6c7a88; --forecast: #fb923c; --flag: #b79bff; --unclear: #e3b341; --reach: .2 }
  }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--ink) }
  .title { font-size: 20px; font-weight: 600 } .soft { fill: var(--soft) }
  .middle { text-anchor: middle } .end { text-anchor: end }
  .ground { fill: var(--ground) } .grid { stroke: var(--grid) }
  .line { fill: none; stroke-linejoin: round }
  .signal { stroke: var(--signal); stroke-width: 3 }
  .forecast { stroke: var(--forecast); stroke-width: 1.3 }
  .flag { stroke: var(--flag); stroke-width: 1.4; fill: var(--flag); fill-opacity: .16 }
  .reach { fill: var(--flag); opacity: var(--reach) } .alarm { fill: var(--flag) }
  .threshold { stroke: var(--flag); stroke-dasharray: 5 4 }
  .N { fill: var(--soft) } .V { fill: var(--flag); font-weight: 700 }
  .U { fill: var(--unclear); font-weight: 700 }
`;

/**
 * A part of the recording as an SVG: the signal, the longest forecast of it, the probability of a
 * ventricular beat, alarms and labels.
 *
 * `seen` is what `watch` emitted for all rows; `begin` and `end` are seconds, `threshold` and
 * `reach` (ms) the rule of alarms, `notes` the lines at the foot.
 */
export function picture({ seen, beats, begin, end, threshold, reach, title, subtitle, notes }) {
  const x = scaleLinear([begin, end], [left, right]);
  const rows = seen.slice(begin * hz, end * hz);
  const within = beats.filter(({ t }) => t >= begin * 1000 && t < end * 1000);
  // A forecast is drawn at the time that it is for.
  const forecasts = rows.map(({ t }, k) => ({ t, mv: seen[begin * hz + k - lead].ahead[2] }));
  return render(
    el(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, role: 'img' },
      el('title', {}, title),
      el('desc', {}, [subtitle, ...notes].join(' ')),
      el('style', {}, style),
      el('rect', { class: 'ground', width, height, rx: 10 }),
      label(left, top.title, title, 'title'),
      label(left, top.title + 22, subtitle, 'soft'),
      legend(reach),
      seconds(x),
      labels(x, within, end, reach),
      signalPanel(x, rows, forecasts),
      flagPanel(x, rows, threshold),
      notes.map((note, i) => label(left, top.notes + 18 * i, note, 'soft')),
    ),
  );
}

const round = value => Math.round(value * 10) / 10;

function label(x, y, text, style) {
  return el('text', { class: style, x: round(x), y: round(y) }, text);
}

function rule(x1, y1, x2, y2, style = 'grid') {
  return el('path', { class: style, d: `M${round(x1)},${round(y1)}L${round(x2)},${round(y2)}` });
}

function legend(reach) {
  const entries = [
    [0, 'signal', el('path', { class: 'line signal', d: 'M0,-4h24' })],
    [
      100,
      `forecast, made ${(lead * 1000) / hz} ms before`,
      el('path', { class: 'line forecast', d: 'M0,-4h24' }),
    ],
    [340, `${reach} ms from the R peak of a ventricular beat`, swatch()],
    [690, 'alarm: in there it is a hit', alarm(12, -5)],
  ];
  return entries.map(([at, text, mark]) => {
    const place = `translate(${left + at},${top.legend})`;
    return el('g', { transform: place }, mark, label(32, 0, text));
  });
}

function swatch() {
  return el('rect', { class: 'reach', y: -13, width: 24, height: 17 });
}

function alarm(x, y) {
  const place = `translate(${round(x)},${round(y)})`;
  return el('path', {
    class: 'alarm',
    d: symbol(symbolTriangle, 64).digits(1)(),
    transform: place,
  });
}

/** Time, for both panels. */
function seconds(x) {
  return x
    .ticks(12)
    .map(t => [
      rule(x(t), top.signal, x(t), bottom.signal),
      rule(x(t), top.flag, x(t), bottom.flag),
      label(x(t), bottom.flag + 20, `${t} s`, 'soft middle'),
    ]);
}

/** The kinds of the beats, and how far an alarm belongs to a ventricular one. */
function labels(x, beats, end, reach) {
  const ventricular = beats.filter(({ kind }) => kind === 'V');
  return [
    ventricular.map(({ t }) => {
      const until = x(Math.min(end, (t + reach) / 1000));
      const size = { width: round(until - x(t / 1000)), height: bottom.flag - top.signal };
      return el('rect', { class: 'reach', x: round(x(t / 1000)), y: top.signal, ...size });
    }),
    beats.map(({ t, kind }) => label(x(t / 1000), top.beats, kind, `${kind} middle`)),
  ];
}

function signalPanel(x, rows, forecasts) {
  const y = scaleLinear([-1.5, 2.5], [bottom.signal, top.signal]);
  const path = line(
    ({ t }) => x(t / 1000),
    ({ mv }) => y(mv),
  ).digits(1);
  return [
    y
      .ticks(4)
      .map(mv => [
        rule(left, y(mv), right, y(mv)),
        label(left - 10, y(mv) + 4, `${mv}`.replace('-', '−'), 'soft end'),
      ]),
    label(left - 10, top.beats, 'mV', 'soft end'),
    el('path', { class: 'line signal', id: 'signal', d: path(rows) }),
    el('path', { class: 'line forecast', id: 'forecast', d: path(forecasts) }),
  ];
}

function flagPanel(x, rows, threshold) {
  const y = scaleLinear([0, 1], [bottom.flag, top.flag]);
  const at = ({ t }) => x(t / 1000);
  const p = ({ flag }) => y(flag.p);
  return [
    [0, 0.5, 1].map(value => [
      rule(left, y(value), right, y(value)),
      label(left - 10, y(value) + 4, `${value}`, 'soft end'),
    ]),
    label(left, top.flag - 14, 'probability of a ventricular beat', ''),
    label(right, top.flag - 14, `an alarm starts above ${threshold}`, 'soft end'),
    rule(left, y(threshold), right, y(threshold), 'threshold'),
    el('path', { class: 'flag', id: 'flag', d: line(at, p).digits(1)(rows) }),
    rows.filter(({ flag }) => flag.alarm).map(row => alarm(at(row), y(threshold))),
  ];
}
