import { from } from 'rxjs';
import { chain, context, dense, forecast, frame, overlapAdd } from '../../../src/index.js';
import { box, path, picture, text } from './svg.js';

/** A wave that is disturbed half way. */
const wave = Array.from({ length: 26 }, (_, t) => Math.sin(t / 2.2) + (t > 12 ? 0.45 : 0));

/** docs/forecast.svg */
export function forecastPicture(): string {
  const ahead = 6;
  // y = 2 r cos(ω) x − r² x before: goes on with a wave of this frequency that dies away.
  const [r, cos] = [0.97, Math.cos(1 / 2.2)];
  const params = { weight: [[-r * r, 2 * r * cos]], bias: [0] };
  const model = chain(context(1, 1), dense(2, 1, { params }));
  const fans: number[][] = [];
  from(wave.map(x => [x]))
    .pipe(forecast(model, ahead - 1))
    .subscribe(({ y, ahead: later }) => fans.push([y[0], ...later.map(([v]) => v)]));
  const [x, y] = [(t: number) => 60 + 21 * t, (v: number) => round(140 - 62 * v)];
  const line = (values: readonly number[], t = 0) =>
    values.map((v, i) => `${i ? 'L' : 'M'}${x(t + i)},${y(v)}`).join('');
  const shown = [6, 10, 14, 19, 25];
  return picture(
    {
      title: 'forecast: after each event, some steps ahead on a copy of the state',
      text: `A wave of ${wave.length} events that is disturbed half way. From five of the events a fan goes ${ahead} steps ahead; the live stream goes on as if the fans had not been.`,
      width: 760,
      height: 280,
    },
    ...shown.map(t => path(line([wave[t], ...fans[t]], t), 'none two dashed')),
    path(line(wave), 'none one'),
    ...wave.map((v, t) => `<circle class="dot one" cx="${x(t)}" cy="${y(v)}" r="3.5"/>`),
    ...shown.flatMap(t =>
      fans[t].map((v, i) => `<circle class="mark two" cx="${x(t + 1 + i)}" cy="${y(v)}" r="3"/>`),
    ),
    text(60, 30, 'events', 'one'),
    text(130, 30, `forecast(model, …): ${ahead} steps ahead, on a copy of the state`, 'two'),
    text(700, 262, 'time →', 'end soft'),
  );
}

const round = (v: number) => Math.round(10 * v) / 10;

/** Boxes of numbers that stand for arrays of samples: the first at `left`. */
const samples = (left: number, y: number, values: readonly number[], colour: string) =>
  values
    .map(
      (v, i) =>
        box(left + 46 * i, y, 42, 30, `mark ${colour}`) +
        text(left + 46 * i + 21, y + 20, String(v), 'middle'),
    )
    .join('');

/** docs/frame-overlap-add.svg */
export function framePicture(): string {
  const [size, hop, left] = [4, 2, 140];
  const events = [[1, 2, 3], [4], [5, 6, 7, 8]];
  const frames: number[][] = [];
  from(events)
    .pipe(frame(size, hop))
    .subscribe(f => frames.push([...f]));
  const back: number[][] = [];
  from(frames)
    .pipe(overlapAdd(size, hop))
    .subscribe(s => back.push([...s]));
  const starts = (lists: readonly number[][]) =>
    lists.map((_, i) => lists.slice(0, i).reduce((all, list) => all + list.length, 0));
  const gap = (i: number) => 14 * i;
  const label = (y: number, words: string) => text(120, y + 20, words, 'code end');
  const y = (i: number) => 156 + 36 * i;
  const last = y(frames.length);
  return picture(
    {
      title: 'frame and overlapAdd',
      text: `The samples ${events.map(e => `[${e}]`).join(' ')} come in three events. frame(4, 2) cuts them into ${frames.map(f => `[${f}]`).join(' ')}; overlapAdd(4, 2) adds frames where they overlap and emits ${back.map(s => `[${s}]`).join(' ')}.`,
      width: 660,
      height: last + 160,
    },
    label(24, 'event$'),
    ...events.map((e, i) => samples(left + 46 * starts(events)[i] + gap(i), 24, e, 'one')),
    box(left - 10, 82, 500, 38) + text(left + 240, 106, `frame(${size}, ${hop})`, 'code middle'),
    ...frames.map(
      (f, i) => label(y(i), i ? '' : 'frame$') + samples(left + 46 * hop * i, y(i), f, 'two'),
    ),
    box(left - 10, last + 18, 500, 38) +
      text(left + 240, last + 42, `overlapAdd(${size}, ${hop})`, 'code middle'),
    label(last + 92, 'signal$'),
    ...back.map((s, i) => samples(left + 46 * starts(back)[i] + gap(i), last + 92, s, 'three')),
    text(left + 46 * 6 + gap(3), last + 145, 'the rest, on completion', 'small soft'),
  );
}
