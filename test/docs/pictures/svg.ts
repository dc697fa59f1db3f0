/** Colours that suit a light page and a dark one, on a ground of their own. */
const style = `
  svg { --ground: #ffffff; --ink: #1f2933; --soft: #56616c; --line: #c3ccd5; --box: #f1f4f7;
        --one: #c2410c; --two: #6d28d9; --three: #0f6e5c }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #14181d; --ink: #e8edf2; --soft: #a3afbb; --line: #3d4752; --box: #1f262d;
          --one: #fb923c; --two: #b79bff; --three: #4fd1b5 }
  }
  text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--ink) }
  .code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
  .soft { fill: var(--soft) } .small { font-size: 12px } .middle { text-anchor: middle }
  .end { text-anchor: end } .ground { fill: var(--ground) }
  .box { fill: var(--box); stroke: var(--line) }
  .line { fill: none; stroke: var(--line); stroke-width: 2 }
  .thin { stroke-width: 1.2 } .dashed { stroke-dasharray: 5 4 } .dotted { stroke-dasharray: 2 4 }
  .one, .two, .three { stroke-width: 2 } .one { stroke: var(--one) } .two { stroke: var(--two) }
  .three { stroke: var(--three) } .mark { fill: var(--ground) } .none { fill: none }
  .dot.one { fill: var(--one) } .dot.two { fill: var(--two) } .dot.three { fill: var(--three) }
  text.one, text.two, text.three { stroke: none }
  text.one { fill: var(--one) } text.two { fill: var(--two) } text.three { fill: var(--three) }`;

/** Names of the classes above that colour a mark. */
export type Colour = 'one' | 'two' | 'three';

interface Frame {
  readonly title: string;
  /** What the picture shows, in words. */
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/** A picture with a title and a description for those who do not see it. */
export function picture({ title, text, width, height }: Frame, ...parts: readonly string[]) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(text)}</desc>`,
    `<style>${style}\n</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="10"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const text = (x: number, y: number, words: string, classes = '') =>
  `<text class="${classes}" x="${x}" y="${y}">${escaped(words)}</text>`;

export const path = (d: string, classes = 'line') => `<path class="${classes}" d="${d}"/>`;

export const box = (x: number, y: number, width: number, height: number, classes = 'box') =>
  `<rect class="${classes}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;

/** A line with a head at its end. */
export const arrow = (x: number, y: number, to: number, classes = 'line') =>
  path(`M${x},${y}H${to}m-8,-5l8,5l-8,5`, classes);

/** Where the time of a marble diagram begins, and how far its steps are apart. */
export const time = (t: number) => 150 + 70 * t;

/** The line of a stream, its name before it; a bar is where it completes. */
export function stream(y: number, name: string, steps: number, completed = true): string {
  const end = time(steps);
  const bar = completed ? path(`M${end - 24},${y - 14}v28`) : '';
  return [text(130, y + 5, name, 'code end'), arrow(time(0) - 10, y, end + 10), bar].join('');
}

/** An event on the line of a stream. */
export function marble(t: number, y: number, words: string, colour: Colour): string {
  const [x, half] = [time(t) + 20, Math.max(18, 6 + 4.2 * words.length)];
  const ring = `x="${x - half}" y="${y - 18}" width="${2 * half}" height="36" rx="18"`;
  return `<rect class="mark ${colour}" ${ring}/>${text(x, y + 5, words, 'middle')}`;
}

/** The operator between two streams. */
export const operator = (y: number, words: string, steps: number) =>
  box(time(0) - 10, y, time(steps) - time(0) + 20, 38) +
  text((time(0) + time(steps)) / 2, y + 24, words, 'code middle');
