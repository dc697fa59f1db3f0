import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encode } from '../streams/encoding.js';
import { type Snapshot, toSnapshot } from '../streams/snapshot.js';
import type { OutputEnd } from './output-file.js';
import { replaceFile, targetOf } from './replace-file.js';
import { unusable, unusableFile } from './stop.js';

/** Where a stream has come to. */
export interface Position {
  /** Rows since the stream began, over all runs, skipped ones too. */
  readonly rows: number;
  /** By key; without --key the only one is ''. */
  readonly states: ReadonlyMap<string, Snapshot>;
}

/** What a state file holds. */
export interface Saved extends Position {
  /** Where the answers up to the position end, if they went to a regular file. */
  readonly output?: OutputEnd | undefined;
  /** True where the run came to the end of its rows; older files do not tell. */
  readonly finished?: boolean | undefined;
}

const keyedFormat = 'rxrecur/run-keys';

/**
 * The file of `--state`: the JSON of a snapshot, which `restore` takes as it is, and beside it
 * `rows`, `output`, `finished`, `model` (SHA-256 of the model's file) and `sha256` of all the rest.
 * A snapshot's JSON without these is read too. With --key the snapshot has the format
 * 'rxrecur/run-keys', the `column`, and for `batch` and `state` a list `keys` of
 * `[key, batch, state]`. Each version replaces the one before in one step.
 */
export class StateFile {
  readonly #path: string;
  readonly #model: string;
  readonly #column: string | undefined;

  /** `column`: that of --key. */
  constructor(path: string, modelSha256: string, column?: string) {
    this.#path = path;
    this.#model = modelSha256;
    this.#column = column;
  }

  /**
   * What the file holds; undefined if there is none yet. Throws a Stop for a file that is anything
   * else, and for a folder that can't be written to.
   */
  read(): Saved | undefined {
    const text = this.#text();
    if (text === undefined) return undefined;
    const { sha256, ...content } = this.#parse(text);
    if (sha256 !== undefined && sha256 !== hash(content)) throw this.#refuse('damaged');
    const { rows = 0, model = this.#model, output, finished } = content;
    if (model !== this.#model) throw this.#refuse('the state of another model file');
    if (!Number.isSafeInteger(rows) || (rows as number) < 0) throw this.#refuse('damaged');
    if (output !== undefined && !isOutputEnd(output)) throw this.#refuse('damaged');
    return {
      rows: rows as number,
      states: this.#states(content),
      output,
      finished: finished === undefined ? undefined : finished === true,
    };
  }

  /** Replaces the file in one step; nobody else may write it meanwhile. */
  write({ rows, states, output, finished }: Saved): void {
    const content = { ...this.#content(states), rows, output, finished, model: this.#model };
    const text = JSON.stringify({ ...content, sha256: hash(content) });
    replaceFile(this.#path, `${text}\n`, 'rxrecur');
  }

  #content(states: ReadonlyMap<string, Snapshot>): object {
    const [first] = states.values();
    if (this.#column === undefined) return first.toJSON();
    const keys = Array.from(states, ([key, { batch, state }]) => [key, batch, encode(state)]);
    const header = { ...first, format: keyedFormat, batch: undefined, state: undefined };
    return { ...header, column: this.#column, keys };
  }

  #states(content: Record<string, unknown>): Map<string, Snapshot> {
    const { column, keys, ...rest } = content;
    const isKeyed = content.format === keyedFormat;
    if (!isKeyed && this.#column === undefined) return new Map([['', this.#snapshot(content)]]);
    if (!isKeyed) throw this.#refuse('the state of a run without --key');
    if (column !== this.#column) {
      const own = this.#column === undefined ? 'the run has no --key' : `--key is ${this.#column}`;
      throw this.#refuse(`the states of the keys of the column ${column}, and ${own}`);
    }
    if (!Array.isArray(keys) || !keys.every(Array.isArray)) throw this.#refuse('damaged');
    const header = { ...rest, format: 'rxrecur/state' };
    return new Map(
      keys.map(([key, batch, state]) => [String(key), this.#snapshot({ ...header, batch, state })]),
    );
  }

  #snapshot(content: object): Snapshot {
    let snapshot: Snapshot;
    try {
      snapshot = toSnapshot('snapshot', content);
    } catch (error) {
      throw this.#refuse((error as Error).message);
    }
    if (snapshot.batch) throw this.#refuse(`the state of a batch of ${snapshot.batch}`);
    return snapshot;
  }

  #text(): string | undefined {
    try {
      accessSync(dirname(targetOf(this.#path)), constants.W_OK);
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && syscall === 'open') return undefined;
      throw unusableFile(this.#path, error);
    }
  }

  #parse(text: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#refuse('damaged');
    }
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    throw this.#refuse('damaged');
  }

  #refuse(reason: string): Error {
    return unusable(`state file ${this.#path}: ${reason}; it is left as it is`);
  }
}

function isOutputEnd(value: unknown): value is OutputEnd {
  const { path, bytes, tail } = Object(value) as OutputEnd;
  const isCount = Number.isSafeInteger(bytes) && bytes >= 0;
  return isCount && typeof path === 'string' && typeof tail === 'string';
}

function hash(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
