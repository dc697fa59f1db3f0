import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Snapshot, toSnapshot } from '../layers/snapshot.js';
import { replaceFile, targetOf } from './replace-file.js';
import { unusable, unusableFile } from './stop.js';

/** Where a stream has come to. */
export interface Position {
  /** Rows since the stream began, over all runs, skipped ones too. */
  readonly rows: number;
  readonly snapshot: Snapshot;
}

/**
 * The file of `--state`: the JSON of a snapshot, which `restore` takes as it is, and beside it
 * `rows`, `model` (SHA-256 of the model's file) and `sha256` of all the rest. A snapshot's JSON
 * without these is read too. Each version replaces the one before in one step.
 */
export class StateFile {
  readonly #path: string;
  readonly #model: string;

  constructor(path: string, modelSha256: string) {
    this.#path = path;
    this.#model = modelSha256;
  }

  /**
   * The position in the file; undefined if there is no file yet. Throws a Stop for a file that is
   * anything else, and for a folder that can't be written to.
   */
  read(): Position | undefined {
    const text = this.#text();
    if (text === undefined) return undefined;
    const { sha256, ...content } = this.#parse(text);
    if (sha256 !== undefined && sha256 !== hash(content)) throw this.#refuse('damaged');
    const { rows = 0, model = this.#model } = content;
    if (model !== this.#model) throw this.#refuse('the state of another model file');
    if (!Number.isSafeInteger(rows) || (rows as number) < 0) throw this.#refuse('damaged');
    let snapshot: Snapshot;
    try {
      snapshot = toSnapshot('snapshot', content);
    } catch (error) {
      throw this.#refuse((error as Error).message);
    }
    if (snapshot.batch) throw this.#refuse(`the state of a batch of ${snapshot.batch}`);
    return { rows: rows as number, snapshot };
  }

  /** Replaces the file in one step. */
  write({ rows, snapshot }: Position): void {
    const content = { ...snapshot.toJSON(), rows, model: this.#model };
    replaceFile(this.#path, `${JSON.stringify({ ...content, sha256: hash(content) })}\n`);
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

function hash(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
