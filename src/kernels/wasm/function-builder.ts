import { type Code, unsigned } from './code.js';
import { type FunctionCode, I32, sized } from './module.js';

const V128 = 0x7b;

/** Hands out the locals of a function while its code is composed. */
export class FunctionBuilder {
  readonly #parameters: number;
  readonly #locals: number[] = [];
  /** The locals of each type, and how many of them are in use. */
  readonly #known: Record<number, number[]> = { [I32]: [], [V128]: [] };
  #used: Record<number, number> = {};

  /** A function of some numbers that answers a number. */
  constructor(parameters = 4) {
    this.#parameters = parameters;
  }

  /** A local for a number. */
  number(): number {
    return this.#local(I32);
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number());
  }

  /** A local for four floats. */
  vector(): number {
    return this.#local(V128);
  }

  vectors(count: number): number[] {
    return Array.from({ length: count }, () => this.vector());
  }

  /**
   * Composes code; the locals that it took are handed out again afterwards. An engine takes 50,000
   * at the most, and the time to compile a function grows with them.
   */
  scope<T>(compose: () => T): T {
    const used = { ...this.#used };
    const code = compose();
    this.#used = used;
    return code;
  }

  #local(type: number): number {
    const i = this.#used[type] ?? 0;
    this.#used[type] = i + 1;
    this.#known[type][i] ??= this.#parameters - 1 + this.#locals.push(type);
    return this.#known[type][i];
  }

  /** The function of some code, whose last value is its answer. */
  body(code: Code): FunctionCode {
    const locals = this.#locals.map(type => [1, type]);
    const body = sized([unsigned(locals.length), locals, code, 0x0b]);
    return { parameters: this.#parameters, body };
  }
}
