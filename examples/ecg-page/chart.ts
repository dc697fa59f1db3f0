import type { Seen } from './nets.js';
import { hz, threshold } from './recording.js';

const seconds = 6;
const lead = 12; // samples: the forecast is for 100 ms later
/** Samples that a picture needs. */
export const shown = seconds * hz + lead;
const [low, high] = [-1.5, 3]; // mV

type Y = (value: number) => number;

/** Draws what was seen last, the newest on the right; `now` is the number of samples so far. */
export function draw(canvas: HTMLCanvasElement, last: readonly Seen[], now: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '13px system-ui, sans-serif';
  const style = getComputedStyle(canvas);
  const paint = (name: string) => style.getPropertyValue(`--${name}`);
  const [left, right, middle, bottom] = [40, width - 8, height * 0.68, height - 24];
  const x = (age: number) => right - (age / (seconds * hz)) * (right - left);
  const signal: Y = mv => 22 + ((high - mv) / (high - low)) * (middle - 22);
  const flag: Y = p => bottom - p * (bottom - middle - 34);

  axes();
  curve('signal', 2.5, signal, ({ mv }) => mv, 0);
  curve('forecast', 1.3, signal, ({ ahead }) => ahead, lead);
  curve('flag', 1.5, flag, ({ p }) => p, 0);
  alarms();

  function axes() {
    for (const mv of [-1, 0, 1, 2]) rule(signal(mv), String(mv).replace('-', '−'));
    for (const p of [0, 0.5, 1]) rule(flag(p), String(p));
    write('mV', left - 8, 14, 'right');
    write('probability of a ventricular beat', left, flag(1) - 12, 'left');
    const first = Math.max(0, Math.ceil((now - seconds * hz) / hz));
    for (let t = first; t * hz <= now; t++) {
      const at = x(now - t * hz);
      line([at, signal(high), at, middle], 'grid');
      line([at, flag(1), at, bottom], 'grid');
      if (at < right - 12) write(`${t} s`, at, height - 6, 'center');
    }
    context?.setLineDash([5, 4]);
    line([left, flag(threshold), right, flag(threshold)], 'flag');
    context?.setLineDash([]);
  }

  function rule(y: number, label: string) {
    line([left, y, right, y], 'grid');
    write(label, left - 8, y + 4, 'right');
  }

  function line([x0, y0, x1, y1]: readonly [number, number, number, number], color: string) {
    stroke(color, 1, path => {
      path.moveTo(x0, y0);
      path.lineTo(x1, y1);
    });
  }

  function write(text: string, at: number, y: number, align: CanvasTextAlign) {
    if (!context) return;
    context.textAlign = align;
    context.fillStyle = paint('soft');
    context.fillText(text, at, y);
  }

  function stroke(color: string, thick: number, trace: (path: Path2D) => void) {
    if (!context) return;
    const path = new Path2D();
    trace(path);
    context.strokeStyle = paint(color);
    context.lineWidth = thick;
    context.lineJoin = 'round';
    context.stroke(path);
  }

  /** `late`: what was said so many samples before belongs to now. */
  function curve(color: string, thick: number, y: Y, of: (seen: Seen) => number, late: number) {
    stroke(color, thick, path => {
      for (let i = 0; i + late < last.length; i++) {
        const age = last.length - 1 - i - late;
        if (age <= seconds * hz) path.lineTo(x(age), y(of(last[i])));
      }
    });
  }

  function alarms() {
    if (!context) return;
    context.fillStyle = paint('flag');
    for (const [i, { alarm }] of last.entries()) {
      const [at, y] = [x(last.length - 1 - i), flag(threshold)];
      if (!alarm || at < left) continue;
      context.beginPath();
      context.moveTo(at, y - 7);
      context.lineTo(at - 6, y + 4);
      context.lineTo(at + 6, y + 4);
      context.fill();
    }
  }
}
