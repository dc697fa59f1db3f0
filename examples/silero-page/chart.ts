import { penFor } from '../page/pen.js';

/** An answer to one chunk. */
export interface Heard {
  /** The probability of speech. */
  readonly p: number;
  /** The largest sample, in [0, 1]. */
  readonly loud: number;
}

/** Somebody speaks above it. */
const threshold = 0.5;
/** Decibels at the foot of the picture. */
const silence = -60;

/**
 * Draws the probability of speech, and below it the level in decibels, for chunks of `each` seconds
 * that begin at `start`; there is room for `least` chunks.
 */
export function draw(
  canvas: HTMLCanvasElement,
  heard: readonly Heard[],
  { least, start, each }: { least: number; start: number; each: number },
): void {
  const pen = penFor(canvas);
  if (!pen) return;
  const [left, right, top, bottom] = [44, pen.width - 8, 24, pen.height - 24];
  const middle = top + 0.6 * (bottom - top);
  const count = Math.max(least, heard.length, 1);
  const x = (chunks: number) => left + (chunks / count) * (right - left);
  const speech = (p: number) => middle - 20 - p * (middle - 20 - top);
  const level = (db: number) => middle + 20 + (db / silence) * (bottom - middle - 20);

  const rule = (y: number, label: string) => {
    pen.line('grid', [left, y], [right, y]);
    pen.write(label, [left - 8, y + 4], 'right');
  };
  for (const p of [0, 0.5, 1]) rule(speech(p), String(p));
  for (const db of [0, -20, -40, -60]) rule(level(db), String(db).replace('-', '−'));
  pen.write('probability of speech', [left, 14]);
  pen.write('level, dB', [left, level(0) - 8]);
  // About eight marks of time, each a whole number of seconds.
  const every = [1, 2, 5, 10, 30, 60, 300].find(s => s * 8 >= count * each) ?? 600;
  for (let k = Math.ceil(start / every); k * every <= start + count * each; k++) {
    const at = x((k * every - start) / each);
    pen.line('grid', [at, top], [at, bottom]);
    if (at < right - 12) pen.write(`${k * every} s`, [at, pen.height - 6], 'center');
  }

  for (const [i, { loud }] of heard.entries()) {
    const y = level(Math.max(silence, 20 * Math.log10(loud)));
    const [from, to] = [x(i), Math.max(x(i) + 1, x(i + 0.7))];
    pen.area('quiet', [
      [from, bottom],
      [from, Math.min(y, bottom - 1)],
      [to, Math.min(y, bottom - 1)],
      [to, bottom],
    ]);
  }
  pen.line('strong', [left, speech(threshold)], [right, speech(threshold)], [5, 4]);
  pen.curve(
    'strong',
    2,
    heard.map(({ p }, i) => [x(i + 0.5), speech(p)] as const),
  );
}
