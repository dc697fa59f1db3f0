// A picture of the results: µs an LSTM step against the hidden size, on logarithmic scales.
import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { element as el, render } from '../../examples/ecg/svg.mjs';
import { median } from './quantile.mjs';

const width = 900;
const height = 520;
const left = 72;
const right = width - 190;
const [top, bottom] = [98, height - 56];

/** Systems that are drawn, with their names in the picture; rxrecur is drawn last, thicker. */
const names = {
  'tfjs-cpu': 'tfjs, cpu',
  'tfjs-wasm': 'tfjs, wasm',
  'brain.js': 'brain.js',
  'ndarray-blas-level2': 'ndarray-blas-level2',
  loops: 'plain loops',
  'onnxruntime-web': 'onnxruntime-web',
  'onnxruntime-node': 'onnxruntime-node',
  pytorch: 'PyTorch',
  rtneural: 'RTNeural (C++)',
  rxrecur: 'rxrecur',
};

// Its own ground, so that it can be read on a page of any colour.
const light = ['#8a5a00', '#b45309', '#7c6f00', '#56616c', '#0f766e', '#2563eb', '#1d4ed8'];
const dark = ['#e3b341', '#fbbf24', '#d4c657', '#a3afbb', '#5eead4', '#93c5fd', '#60a5fa'];
const colours = hues =>
  [...hues, '#9333ea', '#be185d'].map((hue, i) => `--c${i}: ${hue};`).join(' ');
const style = `
  svg { --ground: #ffffff; --ink: #1f2933; --soft: #56616c; --grid: #e3e7eb; --ours: #c2410c;
        ${colours(light)} }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #14181d; --ink: #e8edf2; --soft: #a3afbb; --grid: #2a313a; --ours: #fb923c;
          ${colours(dark)} }
  }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--ink) }
  .title { font-size: 19px; font-weight: 600 } .soft { fill: var(--soft) }
  .middle { text-anchor: middle } .end { text-anchor: end }
  .ground { fill: var(--ground) } .grid { stroke: var(--grid) }
  .line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
  .ours { stroke: var(--ours); stroke-width: 3.4 } .name.ours { fill: var(--ours); stroke: none;
        font-weight: 700 }
`;

const round = value => Math.round(value * 10) / 10;

function label(x, y, text, kind, colour) {
  const fill = colour && { style: `fill: var(--${colour})` };
  return el('text', { class: kind, x: round(x), y: round(y), ...fill }, text);
}

function rule(x1, y1, x2, y2) {
  return el('path', { class: 'grid', d: `M${round(x1)},${round(y1)}L${round(x2)},${round(y2)}` });
}

/** By system the points `[size, µs]`. */
function seriesOf(rows) {
  const steps = rows.filter(({ work, cell }) => work === 'step' && cell === 'lstm');
  const ours = [...new Set(steps.map(({ size }) => size))].map(size => {
    return [size, median(steps.filter(row => row.size === size).map(row => row.ours))];
  });
  const of = system =>
    steps.filter(row => row.system === system).map(({ size, theirs }) => [size, theirs]);
  return Object.entries(names)
    .map(([system, name]) => ({ system, name, points: system === 'rxrecur' ? ours : of(system) }))
    .filter(({ points }) => points.length > 0);
}

/** Where names stand: beside the ends of their lines, no two on each other. */
function spread(ends, gap) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let turn = 0; turn < 50; turn++) {
    for (let i = 1; i < sorted.length; i++) {
      const lacking = gap - (sorted[i].y - sorted[i - 1].y);
      if (lacking > 0) {
        sorted[i].y += lacking / 2;
        sorted[i - 1].y -= lacking / 2;
      }
    }
  }
  return sorted;
}

/** The picture of one lane's results. */
export function speedPicture({ version, backend, machine, rows }) {
  const series = seriesOf(rows);
  const all = series.flatMap(({ points }) => points);
  const sizes = [...new Set(all.map(([size]) => size))].sort((a, b) => a - b);
  const times = all.map(([, time]) => time);
  const x = scaleLog([sizes[0], sizes.at(-1)], [left, right]).base(2);
  const y = scaleLog([Math.min(...times), Math.max(...times)], [bottom, top]).nice();
  const path = line(
    ([size]) => round(x(size)),
    ([, time]) => round(y(time)),
  );
  const powers = y.ticks().filter(value => Math.abs(Math.log10(value) % 1) < 1e-9);
  const coloured = series.map((entry, i) => ({
    ...entry,
    colour: entry.system === 'rxrecur' ? 'ours' : `c${i}`,
  }));
  const ends = coloured.map(({ name, colour, points }) => ({
    name,
    colour,
    y: y(points.at(-1)[1]) + 4,
  }));
  const title = 'One LSTM step: microseconds, each system on one core';
  const engine = backend ? `Node ${version}, backend ${backend}` : version;
  return render(
    el(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, role: 'img' },
      el('title', {}, title),
      el('desc', {}, describe(series)),
      el('style', {}, style),
      el('rect', { class: 'ground', width, height, rx: 10 }),
      label(24, 36, title, 'title'),
      label(24, 58, `${engine}; ${machine}. Both scales are logarithmic.`, 'soft'),
      powers.map(value => [
        rule(left, y(value), right, y(value)),
        label(left - 10, y(value) + 4, `${value.toLocaleString('en')}`, 'soft end'),
      ]),
      label(24, top - 12, 'µs a step', 'soft'),
      sizes.map(size => label(x(size), bottom + 22, String(size), 'soft middle')),
      label((left + right) / 2, bottom + 44, 'input size = hidden size', 'soft middle'),
      coloured.map(({ points, colour }) =>
        el('path', {
          class: colour === 'ours' ? 'line ours' : 'line',
          style: colour === 'ours' ? undefined : `stroke: var(--${colour})`,
          d: path(points),
        }),
      ),
      spread(ends, 17).map(({ name, colour, y: at }) =>
        label(right + 12, at, name, colour === 'ours' ? 'name ours' : 'name', colour),
      ),
    ),
  );
}

function describe(series) {
  const parts = series.map(({ name, points }) => {
    const [[first, low], [last, high]] = [points[0], points.at(-1)];
    return `${name}: ${low.toPrecision(3)} µs at ${first}, ${high.toPrecision(3)} at ${last}.`;
  });
  return parts.join(' ');
}
