import type { Chain, Owned } from './file-chain.js';
import { DiskError } from './file-disk.js';
import { encodeFrame } from './file-frames.js';
import { UnknownError } from './log.js';

/** Which revision has to be the newest, and the error if another one is. */
export interface Condition {
  readonly after: number;
  refuse(newest: number): Error;
}

/** Records that are to be stored together, and who waits for them. */
interface Batch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly condition: Condition | undefined;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: unknown) => void;
}

/** So many bytes of batches that wait are written as one frame. */
const togetherBytes = 8 * 2 ** 20;

/** What appends to a chain, a frame at a time: the next one only when the last one is stored. */
export class Writer {
  readonly #chain: Chain;
  readonly #segmentBytes: number;
  readonly #queue: Batch[] = [];
  #drained: Promise<void> | undefined;

  constructor(chain: Chain, segmentBytes: number) {
    this.#chain = chain;
    this.#segmentBytes = segmentBytes;
  }

  /** Appends so many records, all or none; the revision of the last one. */
  append(bytes: Uint8Array, count: number, condition?: Condition): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ bytes, count, condition, resolve, reject });
      this.#drained ??= this.#drain();
    });
  }

  /** Waits for what was appended before, and gives the segment back. */
  async close(): Promise<void> {
    await this.#drained;
    await this.#chain.exclusive(() => this.#chain.disown());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length) {
      const batches = this.#together();
      try {
        const last = await this.#chain.exclusive(() => this.#store(batches));
        let revision = last - batches.reduce((sum, { count }) => sum + count, 0);
        for (const { count, resolve } of batches) resolve((revision += count));
      } catch (error) {
        for (const { reject } of batches) reject(error);
      }
      this.#chain.waiting.tell();
    }
    this.#drained = undefined;
  }

  /** The batches of the next frame: one that compares, or several that do not. */
  #together(): Batch[] {
    const [first] = this.#queue;
    let bytes = first.bytes.length;
    let count = 1;
    for (const next of !first.condition ? this.#queue.slice(1) : []) {
      bytes += next.bytes.length;
      if (next.condition || bytes > togetherBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Writes them until they are in the log, or are known not to be. */
  async #store(batches: readonly Batch[]): Promise<number> {
    const chain = this.#chain;
    const [{ condition }] = batches;
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    for (;;) {
      const owned = await this.#own();
      const { place, segment } = owned;
      if (condition && condition.after !== place.revision) throw condition.refuse(place.revision);
      const time = Math.max(Date.now(), place.time);
      const at = { count, time, salt: segment.claim!.salt, position: place.bytes };
      const frame = encodeFrame(
        batches.map(({ bytes }) => bytes),
        at,
      );
      await this.#write(owned, frame);
      const revision = place.revision + count;
      const to = { epoch: place.epoch, bytes: place.bytes + frame.length, revision, time };
      if (await this.#counts(owned, to.bytes)) {
        if (chain.owned === owned) owned.place = to;
        chain.know(to);
        return revision;
      }
    }
  }

  async #own(): Promise<Owned> {
    const { owned, doubt } = this.#chain;
    const isFull = owned && owned.place.bytes >= this.#segmentBytes;
    if (owned && !isFull && !doubt && this.#chain.files.isNewest(owned.segment)) return owned;
    return this.#chain.claim();
  }

  async #write({ segment, place }: Owned, frame: Uint8Array): Promise<void> {
    const chain = this.#chain;
    try {
      await segment.file.write(frame, place.bytes);
    } catch (error) {
      await chain.disown();
      // A disk that is full has taken a part at most, which is no frame.
      if (error instanceof DiskError && isFull(error.code)) throw error;
      throw this.#unknown(error);
    }
    try {
      await segment.file.sync();
    } catch (error) {
      await chain.disown();
      throw this.#unknown(error);
    }
  }

  /** True if a frame that is stored up to there is in the log, false if it never will be. */
  async #counts(owned: Owned, end: number): Promise<boolean> {
    const chain = this.#chain;
    try {
      if (chain.files.isNewest(owned.segment)) return true;
      // Somebody claims: only that claim, or the one after it, tells how far this segment counts.
      if (chain.owned === owned) await chain.disown();
      const includes = await chain.includes(owned.segment.epoch, end);
      if (includes !== undefined) return includes;
    } catch (error) {
      throw this.#unknown(error);
    }
    throw this.#unknown('segments that are gone');
  }

  #unknown(cause: unknown): UnknownError {
    this.#chain.doubt = true;
    const got = cause instanceof Error ? cause.message : String(cause);
    const hint = 'read the log to know whether it is stored';
    return new UnknownError({
      where: this.#chain.label,
      expected: 'to be told that it is stored',
      got,
      hint,
      cause,
    });
  }
}

const isFull = (code: string | undefined) => ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '');
