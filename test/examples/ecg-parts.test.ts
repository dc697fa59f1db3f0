import { stripVTControlCharacters } from 'node:util';
import { lastValueFrom, toArray } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { open } from './run.js';
import { parseXml } from './xml.js';

// biome-ignore lint/suspicious/noExplicitAny: modules of the examples are JavaScript
let parts: Record<string, any>;

beforeAll(async () => {
  const files = ['baselines', 'recording', 'scoring', 'svg', 'terminal', 'watch'];
  parts = Object.assign({}, ...(await Promise.all(files.map(file => open(`ecg/${file}.mjs`)))));
});

describe('score', () => {
  const beats = [
    { t: 1000, kind: 'N' },
    { t: 2000, kind: 'V' },
    { t: 3000, kind: 'U' },
    { t: 4000, kind: 'V' },
  ];
  const score = (alarms: number[]) => parts.score(alarms, beats, 280, 0, 5000);

  test('an alarm from R to R + 280 ms belongs to that beat', () => {
    expect(score([2000, 4280])).toMatchObject({ hits: 2, ventricular: 2, strays: 0 });
    expect(score([1999, 4281])).toMatchObject({ hits: 0, strays: 2 });
  });

  test('a second alarm of a beat changes nothing', () => {
    expect(score([2050, 2150])).toMatchObject({ hits: 1, strays: 0, medianDelay: 50 });
  });

  test('normal beats are false alarms, unclear ones count neither way', () => {
    const counts = score([1100, 3100]);
    expect(counts).toMatchObject({ hits: 0, falseAlarms: 1, normal: 1, strays: 0 });
    expect(counts).toMatchObject({ unclearFlagged: 1, unclear: 1 });
  });

  test('a beat is of the part that holds its R', () => {
    const late = parts.score([2100, 4100], beats, 280, 2050, 5000);
    expect(late).toMatchObject({ hits: 1, ventricular: 1, medianDelay: 100 });
  });
});

test('rmse is over forecasts for rows of the part', () => {
  // Row 1 says 5 for row 3, which is 7; row 2 says 1 for row 4, which is 1.
  expect(parts.rmse([0, 5, 1, 9, 9], [0, 0, 0, 7, 1], 2, 1, 5)).toBeCloseTo(Math.sqrt(2), 12);
});

test('linear weighs the newest sample first, and zeros before the first row', () => {
  const step = parts.linear({ coefficients: [2, 3], intercept: 1 }).cell;
  const [past, first] = step([0, 0], 10);
  expect([first, step(past, 1)[1]]).toEqual([21, 33]);
});

test('play sends every row once, in order, at any speed', async () => {
  const rows = Array.from({ length: 500 }, (_, t) => ({ t }));
  for (const speed of [undefined, 50]) {
    expect(await lastValueFrom(parts.play(rows, speed).pipe(toArray()))).toEqual(rows);
  }
});

describe('the terminal view', () => {
  const screen = (isTTY: boolean, columns: number) => ({
    isTTY,
    columns,
    rows: 24,
    written: [] as string[],
    getColorDepth: () => 1,
    write(text: string) {
      this.written.push(text);
    },
  });
  const seen = (k: number) => ({
    t: (k * 1000) / 120,
    mv: 3 * Math.sin(k / 9),
    ahead: [0, 0, 0.5],
    flag: { p: k % 100 > 90 ? 0.9 : 0.001, alarm: k % 100 === 91 },
  });
  const drawn = (out: ReturnType<typeof screen>, rows: number) => {
    const view = parts.view(out, 0.7);
    for (let k = 0; k < rows; k++) view.next(seen(k));
    view.complete();
    return out.written;
  };

  test('draws again in the same place, within the terminal', () => {
    const frames = drawn(screen(true, 80), 500);
    const lines = frames.map(frame => frame.split('\n').length - 1);
    expect(frames.length).toBeGreaterThanOrEqual(2);
    expect(lines[0]).toBeLessThan(24);
    const plain = frames.map(frame => stripVTControlCharacters(frame));
    expect(Math.max(...plain.flatMap(frame => frame.split('\n').map(l => l.length)))).toBeLessThan(
      81,
    );
    expect(frames[1].startsWith(`\x1b[${lines[0]}A`)).toBe(true);
    expect(plain[1]).toContain('ventricular alarms so far: 5');
  });

  test.for([
    ['a pipe', false, 80],
    ['a narrow terminal', true, 40],
  ] as const)('%s gets a line a minute', ([, isTTY, columns]) => {
    expect(drawn(screen(isTTY, columns), 2 * 60 * 120 + 5)).toEqual([
      '60 s streamed, ventricular alarms so far: 72\n',
      '120 s streamed, ventricular alarms so far: 144\n',
    ]);
  });
});

test('an element is well-formed whatever its strings hold', () => {
  const strange = '<a & "b">';
  const text: string = parts.render(parts.element('g', { d: strange }, strange));
  expect(text).toBe('<g d="&lt;a &amp; &quot;b&quot;&gt;">&lt;a &amp; &quot;b&quot;&gt;</g>\n');
  expect(parseXml(text).name).toBe('g');
  expect(() => parseXml('<g><p></g></p>')).toThrow('closes');
  expect(() => parseXml('<g>&</g>')).toThrow('ampersand');
});
