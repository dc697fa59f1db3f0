import { demand } from '../../errors.js';
import type { AttributeDraft, GraphDraft, NodeDraft, TensorDraft, ValueDraft } from './encode.js';

/** What a state is called before and after. */
export interface StateNames {
  readonly before: string;
  readonly after: string;
}

/** Collects a graph; every name is given once. */
export class GraphWriter {
  readonly #nodes: NodeDraft[] = [];
  readonly #initializers: TensorDraft[] = [];
  readonly #inputs: ValueDraft[] = [];
  readonly #outputs: ValueDraft[] = [];
  /** Nodes that come after all others. */
  readonly #last: NodeDraft[] = [];
  #rows = 1;
  readonly #names = new Map<string, number>();
  readonly #constants = new Map<string, string>();
  #left: number;

  /** `most` bounds its nodes and what they read. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#left = most;
  }

  /** A name that is not taken: the given one, or with a number after it. */
  name(wanted: string): string {
    const count = (this.#names.get(wanted) ?? 0) + 1;
    this.#names.set(wanted, count);
    return count === 1 ? wanted : this.name(`${wanted}_${count}`);
  }

  /** Adds a node, and answers the names of its outputs, which begin with `prefix`. */
  node(
    operator: string,
    inputs: readonly string[],
    prefix: string,
    attributes?: Readonly<Record<string, AttributeDraft>>,
    outputs: readonly string[] = [this.name(`${prefix}${operator}`)],
  ): string {
    this.#left -= 1 + inputs.length;
    demand(this.#left >= 0, 'writeOnnx', 'a graph of fewer nodes', 'more');
    this.#nodes.push({ operator, name: outputs[0], inputs, outputs, attributes });
    return outputs[0];
  }

  /** A tensor of the file's, by a name like the wanted one. */
  tensor(
    wanted: string,
    dims: readonly number[],
    values: TensorDraft['values'],
    isConstant = false,
  ): string {
    const name = this.name(wanted);
    this.#initializers.push({ name, dims, values, isConstant });
    return name;
  }

  /** A float, or integers, that many nodes may share. */
  constant(value: number | readonly number[]): string {
    const key = JSON.stringify(value);
    const known = this.#constants.get(key);
    if (known) return known;
    const name =
      typeof value === 'number'
        ? this.tensor(`number${key}`, [], Float32Array.of(value), true)
        : this.tensor(`axes${key}`, [value.length], value, true);
    this.#constants.set(key, name);
    return name;
  }

  /** An input by a name like the wanted one. */
  input(wanted: string, dims: ValueDraft['dims']): string {
    const name = this.name(wanted);
    this.#inputs.push({ name, dims });
    return name;
  }

  /**
   * A state, `h0` before and `hN` after, which is an input and an output. `dims` are its own, of
   * which the last two are the batch and its size; those of rows stand side by side.
   */
  state(prefix: string, name: string, dims: ValueDraft['dims']): StateNames {
    const size = dims[dims.length - 1] as number;
    const whole = [...dims.slice(0, -1), size * this.#rows];
    const before = this.input(`${prefix}${name}0`, whole);
    const after = this.name(`${prefix}${name}N`);
    this.output(after, whole);
    if (this.#rows === 1) return { before, after };
    const shapeOf = (size: number) => this.constant([...dims.slice(0, -2).map(() => 0), -1, size]);
    const inner = this.name(`${prefix}${name}`);
    const inputs = [inner, shapeOf(size * this.#rows)];
    this.#last.push({ operator: 'Reshape', name: after, inputs, outputs: [after] });
    return { before: this.node('Reshape', [before, shapeOf(size)], prefix), after: inner };
  }

  /** Writes what runs over so many rows of each vector, whose states are side by side. */
  within<T>(rows: number, write: () => T): T {
    this.#rows *= rows;
    const written = write();
    this.#rows /= rows;
    return written;
  }

  output(name: string, dims: ValueDraft['dims']): void {
    this.#outputs.push({ name, dims });
  }

  finish(): GraphDraft {
    return {
      name: 'rxrecur',
      nodes: [...this.#nodes, ...this.#last],
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}
