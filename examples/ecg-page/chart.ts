import { type Pen, penFor } from '../page/pen.js';
import type { Seen } from './nets.js';
import { hz, lead, threshold } from './recording.js';

const seconds = 6;
/** Samples that a picture needs. */
export const shown = seconds * hz + lead;
const [low, high] = [-1.5, 3]; // mV

type Y = (value: number) => number;

/** Draws the last samples, the newest on the right; `now` is the number of samples so far. */
export function draw(canvas: HTMLCanvasElement, last: readonly Seen[], now: number): void {
  const pen = penFor(canvas);
  if (!pen) return;
  const [left, right, middle, bottom] = [40, pen.width - 8, pen.height * 0.68, pen.height - 24];
  const x = (age: number) => right - (age / (seconds * hz)) * (right - left);
  const signal: Y = mv => {
    // A peak beyond the axis is cut at its end.
    const within = Math.min(high, Math.max(low, mv));
    return 22 + ((high - within) / (high - low)) * (middle - 22);
  };
  const flag: Y = p => bottom - p * (bottom - middle - 34);

  axes(pen);
  curve('quiet', 2.5, signal, ({ mv }) => mv, 0);
  curve('forecast', 1.3, signal, ({ ahead }) => ahead, lead);
  curve('strong', 1.5, flag, ({ p }) => p, 0);
  for (const [i, { alarm }] of last.entries()) {
    const [at, y] = [x(last.length - 1 - i), flag(threshold)];
    const corners = [
      [at, y - 7],
      [at - 6, y + 4],
      [at + 6, y + 4],
    ] as const;
    if (alarm && at >= left) pen.area('strong', corners);
  }

  function axes({ line, write, height }: Pen) {
    const rule = (y: number, label: string) => {
      line('grid', [left, y], [right, y]);
      write(label, [left - 8, y + 4], 'right');
    };
    for (const mv of [-1, 0, 1, 2]) rule(signal(mv), String(mv).replace('-', '−'));
    for (const p of [0, 0.5, 1]) rule(flag(p), String(p));
    write('mV', [left - 8, 14], 'right');
    write('probability of a ventricular beat', [left, flag(1) - 12]);
    const first = Math.max(0, Math.ceil((now - seconds * hz) / hz));
    for (let t = first; t * hz <= now; t++) {
      const at = x(now - t * hz);
      line('grid', [at, signal(high)], [at, middle]);
      line('grid', [at, flag(1)], [at, bottom]);
      if (at < right - 12) write(`${t} s`, [at, height - 6], 'center');
    }
    line('strong', [left, flag(threshold)], [right, flag(threshold)], [5, 4]);
  }

  /** `late`: an answer that so many samples before was given for now. */
  function curve(color: string, thick: number, y: Y, of: (seen: Seen) => number, late: number) {
    const points = last
      .slice(0, last.length - late)
      .map((seen, i) => [last.length - 1 - i - late, seen] as const)
      .filter(([age]) => age <= seconds * hz)
      .map(([age, seen]) => [x(age), y(of(seen))] as const);
    pen?.curve(color, thick, points);
  }
}
