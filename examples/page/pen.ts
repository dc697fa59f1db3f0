type Point = readonly [x: number, y: number];

/** Draws on a canvas; colours are names of the page's CSS variables. */
export interface Pen {
  readonly width: number;
  readonly height: number;
  line(color: string, from: Point, to: Point, dash?: readonly number[]): void;
  curve(color: string, thick: number, points: Iterable<Point>): void;
  area(color: string, corners: readonly Point[]): void;
  write(text: string, at: Point, align?: CanvasTextAlign): void;
}

/** A pen for a canvas that has been cleared and has the resolution of its screen. */
export function penFor(canvas: HTMLCanvasElement): Pen | undefined {
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '13px system-ui, sans-serif';
  context.lineJoin = 'round';
  const style = getComputedStyle(canvas);
  const paint = (name: string) => style.getPropertyValue(`--${name}`);

  const curve: Pen['curve'] = (color, thick, points) => {
    const path = new Path2D();
    for (const [x, y] of points) path.lineTo(x, y);
    context.strokeStyle = paint(color);
    context.lineWidth = thick;
    context.stroke(path);
  };
  return {
    width,
    height,
    curve,
    line(color, from, to, dash = []) {
      context.setLineDash([...dash]);
      curve(color, 1, [from, to]);
      context.setLineDash([]);
    },
    area(color, corners) {
      const path = new Path2D();
      for (const [x, y] of corners) path.lineTo(x, y);
      context.fillStyle = paint(color);
      context.fill(path);
    },
    write(text, [x, y], align = 'left') {
      context.textAlign = align;
      context.fillStyle = paint('soft');
      context.fillText(text, x, y);
    },
  };
}
