/** What the page knows of one chunk. */
export interface Heard {
  /** The probability of speech. */
  readonly p: number;
  /** The largest sample, in [0, 1]. */
  readonly loud: number;
}

/** Draws how loud it was, in bars about the middle, and the probability over it. */
export function draw(canvas: HTMLCanvasElement, heard: readonly Heard[], least: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  context.scale(devicePixelRatio, devicePixelRatio);
  const style = getComputedStyle(canvas);
  const each = width / Math.max(least, heard.length);
  const line = new Path2D();
  context.fillStyle = style.getPropertyValue('--loud');
  for (const [i, { p, loud }] of heard.entries()) {
    const tall = Math.max(1, Math.sqrt(loud) * height);
    context.fillRect(i * each, (height - tall) / 2, each * 0.7, tall);
    line.lineTo((i + 0.5) * each, 2 + (1 - p) * (height - 4));
  }
  context.strokeStyle = style.getPropertyValue('--speech');
  context.lineWidth = 2;
  context.stroke(line);
}
