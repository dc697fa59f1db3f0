import { shortestFloat32 } from '../arrays/shortest.js';
import { printable } from '../io/json.js';
import { type Stop, unusable } from './stop.js';

/** A model's number `x` stands for `x · scale + mean` in a column. */
export interface Scale {
  readonly mean: number;
  readonly scale: number;
}

/** The scales of columns, from a file. */
export class Scaling {
  readonly #path: string;
  readonly #scales: readonly Scale[];
  /** Of the columns; undefined where the file has the inputs in order, without names. */
  readonly #names: readonly string[] | undefined;

  constructor(path: string, scales: readonly Scale[], names?: readonly string[]) {
    this.#path = path;
    this.#scales = scales;
    this.#names = names;
  }

  /** False: the file has the inputs in order. */
  get hasNames(): boolean {
    return this.#names !== undefined;
  }

  /** Those of the inputs, each of which must have one. Throws a Stop. */
  ofInputs(inputs: readonly string[]): readonly Scale[] {
    const count = this.#scales.length;
    if (!this.#names) {
      if (count === inputs.length) return this.#scales;
      const got = `${count} without names`;
      throw this.#refuse(`expected the scales of ${inputs.length} inputs, got ${got}`);
    }
    return inputs.map(name => {
      const found = this.#of(name);
      if (found) return found;
      const hint = 'a column that is not to be scaled has mean 0 and scale 1';
      throw this.#refuse(`expected the column ${printable(name)}, got ${this.#listed}; ${hint}`);
    });
  }

  /** Those of the outputs whose names are columns of the file. */
  ofOutputs(outputs: readonly string[]): readonly (Scale | undefined)[] {
    return outputs.map(name => this.#of(name));
  }

  #of(name: string): Scale | undefined {
    const at = this.#names?.indexOf(name) ?? -1;
    return this.#scales[at];
  }

  get #listed(): string {
    const names = this.#names ?? [];
    const shown = names.slice(0, 20).map(name => printable(name, 40));
    return shown.join(', ') + (names.length > shown.length ? `, … (${names.length})` : '');
  }

  #refuse(problem: string): Stop {
    return unusable(`--scale ${this.#path}: ${problem}`);
  }
}

/** What scales each output back; those of a forecast are scaled as the inputs are. */
export function scalesOf(
  scaling: Scaling | undefined,
  outputs: readonly string[],
  inputs: readonly Scale[],
  isForecast: boolean,
): readonly (Scale | undefined)[] {
  return isForecast ? inputs : (scaling?.ofOutputs(outputs) ?? []);
}

/** The numbers of an answer as they are written, each scaled back if it has a scale. */
export function textsOf(y: Float32Array, scales: readonly (Scale | undefined)[]): string[] {
  const texts = new Array<string>(y.length);
  for (let i = 0; i < y.length; i++) {
    const scale = scales.length ? scales[i % scales.length] : undefined;
    texts[i] = scale ? scaledBack(y[i], scale) : shortestFloat32(y[i]);
  }
  return texts;
}

/** As many as a float64 needs. */
const mostDigits = 17;

/**
 * What `y`, a float32, stands for: the fewest digits that give it back when they are scaled and
 * rounded to float32; all there are where a large mean leaves too few for that.
 */
export function scaledBack(y: number, { mean, scale }: Scale): string {
  const value = y * scale + mean;
  const rounded = (digits: number) => Number(value.toPrecision(digits));
  const isEnough = (digits: number) => Math.fround((rounded(digits) - mean) / scale) === y;
  // More digits are never farther off.
  let digits = 6;
  while (digits < mostDigits && !isEnough(digits)) digits++;
  while (digits > 1 && digits <= 6 && isEnough(digits - 1)) digits--;
  return String(rounded(digits));
}
