import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../src/kernels/backends.js';
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
const page = join(out, 'README.md');
let lines: string[];
/** The figures of the line that begins so. */
const figures = (name: string) => {
  const found = lines.filter(line => line.startsWith(`  ${name}`));
  return found.map(line => line.slice(33).trim().split(/ {2,}/));
};

beforeAll(async () => {
  copyFileSync(new URL('examples/ecg/README.md', root), page);
  lines = await run('ecg/demo.mjs', '--smoke', '--svg', svg, '--figures', page);
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
    const caveats = ['One patient', 'no medical device', 'self-made', '17 ms', '8, 33 and 83'];
    for (const caveat of [...caveats, 'finds 47 of the 47 beats too, 28 ms later'])
      expect(text).toContain(caveat);
  });

  test('fit into 80 columns', () => {
    expect(lines.filter(line => line.length > 80 && !line.includes(svg))).toEqual([]);
  });

  test('--smoke draws nothing and writes nothing but the picture that was asked for', () => {
    expect(lines.filter(line => line.includes('streamed'))).toEqual([]);
    expect(readdirSync(out)).toEqual(['README.md', 'made']);
    expect(readdirSync(join(out, 'made'))).toEqual(['ecg.svg']);
  });
});

test('the backend that the speeds name is the one that the nets run on', () => {
  const [fastest] = backends();
  expect(lines.find(line => line.startsWith('speed on '))).toMatch(`speed on ${fastest} `);
});

describe("the example's README", () => {
  /** The tables between the marks: of errors and counts, and of speeds. */
  const figuresOf = (text: string) => {
    const [, block] =
      /<!-- figures: begin -->\n\n([\s\S]*)\n\n<!-- figures: end -->/.exec(text) ?? [];
    const [forecast, flag, speeds = ''] = (block ?? '').split('\n\n');
    return { errors: `${forecast}\n${flag}`.split('\n'), speeds: speeds.split('\n') };
  };
  const [made, committed] = [() => figuresOf(readFileSync(page, 'utf8')), () => figuresOf(readme)];
  const readme = read('examples/ecg/README.md');

  test('has the figures that npm start computes', () => {
    expect(committed().errors).toEqual(made().errors);
    expect(committed().errors.filter(line => line.startsWith('| GRU'))).toHaveLength(2);
  });

  test('states speeds of the order that is measured here', () => {
    const steps = (lines: string[]) =>
      lines.flatMap(line => {
        const [, text] = /^\| GRU [^|]*\| ([\d,]+) \|/.exec(line) ?? [];
        return text ? [Number(text.replaceAll(',', ''))] : [];
      });
    const [here, stated] = [steps(made().speeds), steps(committed().speeds)];
    expect(stated).toHaveLength(2);
    for (const [i, speed] of stated.entries()) {
      expect(here[i] / speed).toBeLessThan(5);
      expect(here[i] / speed).toBeGreaterThan(0.1);
    }
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
