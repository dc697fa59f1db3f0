import { type Code, unsigned } from './code.js';
import { type FunctionCode, I32, sized } from './module.js';

const V128 = 0x7b;

/** A function while its code is composed: it hands out locals. */
export class FunctionBuilder {
  readonly #parameters: number;
  readonly #locals: number[] = [];
  /** Those of each type, and how many of them are in use. */
  readonly #known: Record<number, number[]> = { [I32]: [], [V128]: [] };
  #used: Record<number, number> = {};

  /** Of so many numbers; it answers a number. */
  constructor(parameters = 4) {
    this.#parameters = parameters;
  }

  /** A local for a number. */
  number(): number {
    return this.#local(I32);
  }

  /** A local for four floats. */
  vector(): number {
    return this.#local(V128);
  }

  /**
   * Code after which the locals that it took are handed out again. An engine takes 50,000 at the
   * most, and the time to compile a function grows with them.
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

  /** The whole function, with what it answers last in its code. */
  body(code: Code): FunctionCode {
    const locals = this.#locals.map(type => [1, type]);
    const body = sized([unsigned(locals.length), locals, code, 0x0b]);
    return { parameters: this.#parameters, body };
  }
}
