import { asRecurError } from '../errors.js';
import type { AnyCell } from '../streams/cell.js';
import { weightsOf } from '../streams/digest.js';
import { decode, encode } from '../streams/encoding.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import { isModel } from './migrate.js';
import type { RecordHead } from './record.js';

/** The parameters of a partition's streams: the model's own, or others that were swapped in. */
export class Params {
  readonly #stream: KeyedStream;
  /** The hash of the parameters of the job's own model. */
  readonly #own: string;
  #params: unknown;
  #swapped = false;

  constructor(cell: AnyCell, stream: KeyedStream) {
    this.#stream = stream;
    this.#own = weightsOf(cell);
  }

  /** The hash of the parameters of the job's own model, where others are in their place. */
  get model(): string | undefined {
    return this.#params === undefined ? undefined : this.#own;
  }

  /** Goes on with other parameters; outputs that come from it. */
  use(params: unknown): readonly unknown[] {
    const before = weightsOf(this.#stream.cell);
    const outputs = this.#swap(params, 'durable.weights');
    if (weightsOf(this.#stream.cell) === before) return outputs;
    this.#params = encode(this.#stream.cell.params);
    this.#swapped = true;
    return outputs;
  }

  /** For a record: parameters that no record has; for a snapshot, `all`, those of now. */
  written(all: boolean): Pick<RecordHead, 'params'> {
    const isNews = this.#swapped || (all && this.#params !== undefined);
    if (!all) this.#swapped = false;
    return isNews ? { params: this.#params } : {};
  }

  /** Goes on with the parameters that a record says, unless they are those of another model. */
  goOn({ params, model }: RecordHead, migrates: boolean, where: string): readonly unknown[] {
    if (params === undefined || !isModel(model, this.#own, migrates)) return [];
    const outputs = this.#swap(decode(params), `${where}.params`);
    this.#params = params;
    return outputs;
  }

  #swap(params: unknown, where: string): readonly unknown[] {
    const outputs = this.#stream.use(params);
    const { failure } = this.#stream;
    if (failure) throw asRecurError(failure.error, where);
    return outputs;
  }
}
