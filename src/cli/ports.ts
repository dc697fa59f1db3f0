import type { PortSizes } from '../streams/forms.js';
import { names } from './names.js';
import { unusable } from './stop.js';

/** The length of a model's input, or output, or of each of several by name. */
export type Size = number | PortSizes;

/** How many numbers a model takes, or answers, in all. */
export function totalOf(size: Size): number {
  if (typeof size === 'number') return size;
  return Object.values(size).reduce((sum, length) => sum + length, 0);
}

/**
 * The columns of a model's inputs, in order, from the texts of --columns: names with commas between
 * them, or of several inputs one text each, which begins with the input's name. Undefined: the
 * model has one input, and no columns are chosen. Throws a Stop where they do not fit.
 */
export function columnsOf(texts: readonly string[] | undefined, size: Size) {
  if (typeof size === 'number') {
    const columns = texts && namesIn(texts[texts.length - 1]);
    if (columns && columns.length !== size) {
      throw unusable(`--columns: the model has ${size} inputs, got ${columns.length} columns`);
    }
    return columns;
  }
  const chosen = new Map<string, readonly string[]>();
  for (const text of texts ?? []) {
    const name = Object.keys(size).find(own => text.startsWith(`${own}=`));
    if (name === undefined || chosen.has(name)) throw chooseEach(size, text);
    const columns = namesIn(text.slice(name.length + 1));
    if (columns.length !== size[name]) {
      const got = `got ${columns.length} columns`;
      throw unusable(`--columns: the input ${name} has ${size[name]} numbers, ${got}`);
    }
    chosen.set(name, columns);
  }
  return Object.keys(size).flatMap(name => {
    const columns = chosen.get(name);
    if (columns) return columns;
    throw chooseEach(size, texts?.join(' '));
  });
}

function namesIn(text: string): readonly string[] {
  try {
    return names(text);
  } catch {
    throw unusable(`--columns: expected names with commas between them, got ${text}`);
  }
}

function chooseEach(size: PortSizes, got?: string) {
  const example = Object.keys(size).map(name => `-c ${name}=…`);
  const given = got === undefined ? '' : `, got ${got}`;
  const what = `the model has the inputs ${sizeText(size)}`;
  return unusable(`--columns: ${what}: choose the columns of each, ${example.join(' ')}${given}`);
}

/**
 * Names of the numbers that a model answers: `y1`, `y2`, or of several outputs `z1`, `z2`, `h1`.
 */
export function outputNames(size: Size): readonly string[] {
  const ports: PortSizes = typeof size === 'number' ? { y: size } : size;
  return Object.entries(ports).flatMap(([name, length]) =>
    Array.from({ length }, (_, i) => `${name}${i + 1}`),
  );
}

/**
 * The names of the outputs, and then of those of each step ahead: `y1+1`, `y2+1`, `y1+2` … Throws a
 * Stop where --names are too many or too few, or taken.
 */
export function answerNames(
  { names: given, forecast = 0 }: { names?: readonly string[]; forecast?: number },
  size: Size,
  kept: readonly string[] = [],
): string[] {
  const outputs = given ?? outputNames(size);
  const total = totalOf(size);
  if (outputs.length !== total) {
    throw unusable(`--names: the model has ${total} outputs, got ${outputs.length} names`);
  }
  const ahead = Array.from({ length: forecast }, (_, i) => outputs.map(name => `${name}+${i + 1}`));
  const all = [...outputs, ...ahead.flat()];
  const names = [...kept, ...all];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return all;
  throw unusable(`the answers would have two columns ${twice}; choose others with --names`);
}

/** What makes an event of the numbers of all inputs, in their order. */
export function eventOf(size: Size): (x: Float32Array) => unknown {
  if (typeof size === 'number') return x => x;
  return x => {
    let at = 0;
    const parts = Object.entries(size).map(([name, length]) => {
      at += length;
      return [name, x.subarray(at - length, at)];
    });
    return Object.fromEntries(parts);
  };
}

/**
 * What makes one vector of the outputs of an answer, in their order; the next one overwrites it.
 */
export function numbersOf(size: Size): (y: unknown) => Float32Array {
  if (typeof size === 'number') return y => y as Float32Array;
  const all = new Float32Array(totalOf(size));
  return y => {
    let at = 0;
    for (const part of Object.values(y as Readonly<Record<string, Float32Array>>)) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
}

/** Throws a Stop for a model whose outputs can't be its next inputs. */
export function checkForecast(inputSize: Size, outputSize: Size): void {
  const [input, output] = [inputSize, outputSize].map(sizeText);
  if (input === output) return;
  const got = `got a model from ${input} to ${output}`;
  throw unusable(`--forecast: expected outputs of the inputs' sizes and names, ${got}`);
}

function sizeText(size: Size): string {
  if (typeof size === 'number') return String(size);
  return Object.entries(size)
    .map(([name, length]) => `${name} (${length})`)
    .join(', ');
}
