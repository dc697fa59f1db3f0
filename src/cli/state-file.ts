import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Snapshot, toSnapshot } from '../layers/snapshot.js';
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

  /** Writes a new file beside the old one, and then renames it over that. */
  write({ rows, snapshot }: Position): void {
    const content = { ...snapshot.toJSON(), rows, model: this.#model };
    const text = `${JSON.stringify({ ...content, sha256: hash(content) })}\n`;
    const path = this.#target();
    const folder = dirname(path);
    const fresh = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
    try {
      const file = openSync(fresh, 'wx', modeOf(path));
      try {
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw unusableFile(this.#path, error);
    }
    syncFolder(folder);
  }

  #text(): string | undefined {
    try {
      accessSync(dirname(this.#target()), constants.W_OK);
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

  /** The file itself where the path is a symbolic link. */
  #target(): string {
    try {
      return realpathSync(this.#path);
    } catch {
      return this.#path;
    }
  }
}

function hash(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666;
}

/** Makes a rename in a folder last; not every file system can. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // The file is whole either way.
  }
}
