import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './run.js';
import { elements, parseXml, type XmlElement } from './xml.js';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** What train.py printed: the same figures by NumPy, with the same rule. */
const log = read('examples/ecg/training.log').split('\n');
const logged = (name: string) => {
  return log.filter(line => line.startsWith(`last 40 %  ${name}`)).map(line => line.slice(34));
};

const out = mkdtempSync(join(tmpdir(), 'rxrecur-'));
const number = /-?\d*\.?\d+/g;
const svg = join(out, 'made', 'ecg.svg');
let lines: string[];
/** The figures of the line that begins so. */
const figures = (name: string) => {
  const found = lines.filter(line => line.startsWith(`  ${name}`));
  return found.map(line => line.slice(33).trim().split(/ {2,}/));
};

beforeAll(async () => {
  lines = await run('ecg/demo.mjs', '--smoke', '--svg', svg);
});
afterAll(() => rmSync(out, { recursive: true }));

describe('the figures that npm start prints', () => {
  test.for([
    ['GRU 32 + dense 3', 'GRU 32 + dense 3'],
    ['ridge autoregression, 64 taps', 'ridge autoregression'],
    ['persistence', 'persistence'],
  ])('errors of %s are those of the training', ([printed, trained]) => {
    expect(figures(printed)[0]).toEqual(logged(trained)[0].trim().split(/ +/));
  });

  test.for([
    ['GRU 16 + dense 1', 'GRU 16 + dense 1'],
    ['logistic regression, 64 samples', 'logistic, 64 samples'],
  ])('counts of %s are those of the training', ([printed, trained]) => {
    const [, hits, falseAlarms, strays, , delay] = logged(trained)[0].trim().split(/ {2,}/);
    expect(figures(printed)[0]).toEqual([hits, falseAlarms, strays, delay]);
  });

  test('all ventricular beats are flagged, and no normal one', () => {
    expect(figures('GRU 16')[0].slice(0, 3)).toEqual(['47 of 47', '0 of 138', '0']);
  });

  test('the error of the net is about half that of an autoregression, 25 and 50 ms ahead', () => {
    const [net, ridge] = ['GRU 32', 'ridge'].map(name => figures(name)[0].map(Number));
    expect(net[0]).toBeLessThan(0.5 * ridge[0]);
    expect(net[1]).toBeLessThan(0.55 * ridge[1]);
  });

  test('each net steps faster than the heart beats', () => {
    for (const name of ['GRU 32', 'GRU 16']) {
      const [steps, times] = figures(name)[1].map(text => Number(text.replaceAll(',', '')));
      expect(steps / 120 / times).toBeCloseTo(1, 1);
      expect(times).toBeGreaterThan(1);
    }
  });

  test('what they do not say stands below them', () => {
    const text = lines.join(' ');
    for (const caveat of ['One patient', 'no medical device', 'self-made', 'tie the flag', '17 ms'])
      expect(text).toContain(caveat);
  });

  test('fit into 80 columns', () => {
    expect(lines.filter(line => line.length > 80 && !line.includes(svg))).toEqual([]);
  });

  test('--smoke draws nothing and writes nothing but the picture that was asked for', () => {
    expect(lines.filter(line => line.includes('streamed'))).toEqual([]);
    expect(readdirSync(out)).toEqual(['made']);
    expect(readdirSync(join(out, 'made'))).toEqual(['ecg.svg']);
  });
});

describe('the picture', () => {
  const byId = (all: XmlElement[], id: string) => all.find(e => e.attributes.id === id);
  const numbers = (path = '') => path.match(number)?.map(Number) ?? [];

  test('is XML with 12 seconds of signal, forecast and flag', () => {
    const drawing = parseXml(readFileSync(svg, 'utf8'));
    expect(drawing.attributes.xmlns).toBe('http://www.w3.org/2000/svg');
    for (const id of ['signal', 'forecast', 'flag']) {
      const points = numbers(byId(elements(drawing), id)?.attributes.d);
      expect(points.length).toBe(12 * 120 * 2);
      expect(points.every(Number.isFinite)).toBe(true);
    }
  });

  test('names units, beats and caveats', () => {
    const texts = elements(parseXml(readFileSync(svg, 'utf8'))).map(({ text }) => text);
    for (const text of ['mV', '270 s', 'signal', 'forecast, made 100 ms before'])
      expect(texts).toContain(text);
    expect(texts.filter(text => text === 'V').length).toBe(5);
    expect(texts.filter(text => text === 'N').length).toBe(14);
    expect(texts.filter(text => text === 'U').length).toBe(1);
    expect(texts.join(' ')).toMatch(/self-made labels.*no medical device.*RMSE/);
  });

  test('in docs is the one that the demonstration draws', () => {
    const [made, committed] = [readFileSync(svg, 'utf8'), read('docs/ecg.svg')];
    // Numbers apart, which are rounded to a tenth of a pixel.
    expect(made.replace(number, '#')).toBe(committed.replace(number, '#'));
    const wanted = numbers(committed);
    const off = numbers(made).map((value, i) => Math.abs(value - wanted[i]));
    expect(Math.max(...off)).toBeLessThan(0.15);
  });
});
