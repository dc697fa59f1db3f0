import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { mismatch } from '../errors.js';
import type { DiskFile } from './file-disk.js';
import type { SegmentFolder } from './file-folder.js';
import { encodeClaim, origin, type Place } from './file-frames.js';
import { damage, type Frame, Segment } from './file-segment.js';
import { Waiting } from './follow.js';
import { gone } from './refusals.js';

export interface ChainOptions {
  readonly files: SegmentFolder;
  /** What it holds, in messages: `events of partition 3`. */
  readonly label: string;
  /** How long somebody may take to write the claim of a segment that it has created, in ms. */
  readonly patience: number;
}

/** The segment that this process writes, and the place up to which it is stored. */
export interface Owned {
  readonly segment: Segment;
  place: Place;
}

/**
 * A row of records in a folder: segments that go on from one another. docs/durable-adapters.md has
 * the reasons. A process that wants to write *claims*: it creates the next segment, and only then
 * reads the older ones and writes down up to where they count. A writer, and a reader, looks for
 * a newer segment *after* its own frame is stored or read: if there is none, whoever claims later
 * will read that frame.
 */
export class Chain {
  owned: Owned | undefined;
  /** A frame of ours may be stored or not: claim before anything else. */
  doubt = false;
  readonly label: string;
  readonly files: SegmentFolder;
  readonly waiting = new Waiting();
  /** For each segment a place up to which it is known to be whole and stored. */
  readonly #known = new Map<number, Place>();
  readonly #patience: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ChainOptions) {
    this.#patience = options.patience;
    this.label = options.label;
    this.files = options.files;
  }

  known(segment: Segment): Place {
    return this.#known.get(segment.epoch) ?? segment.start;
  }

  know(place: Place): void {
    if (place.bytes > (this.#known.get(place.epoch)?.bytes ?? 0)) {
      this.#known.set(place.epoch, place);
    }
  }

  /** Gives up the segment that this process writes. */
  async disown(): Promise<void> {
    const { owned } = this;
    this.owned = undefined;
    await owned?.segment.close();
  }

  /** Makes this process the writer; to be called in a turn of `exclusive`. */
  async claim(): Promise<Owned> {
    await this.disown();
    await this.files.make();
    for (let tries = 0; tries < 100; tries++) {
      await this.#othersClaim();
      const epoch = ((await this.files.epochs()).at(-1) ?? 0) + 1;
      const file = await this.files.create(epoch);
      const segment = file && (await this.#take(epoch, file));
      if (!segment) continue;
      this.doubt = false;
      this.owned = { segment, place: segment.start };
      return this.owned;
    }
    throw mismatch(this.label, 'to become the writer', '100 others', 'use one writer at a time');
  }

  /**
   * The segment with the record after a revision, and where it ends if another one goes on from
   * it. Undefined: there is none yet. The caller closes it.
   */
  async locate(
    after: number,
  ): Promise<{ readonly segment: Segment; readonly end: number | undefined } | undefined> {
    let segment = await this.#decided(() => this.settle());
    let end: number | undefined;
    while (segment?.claim && segment.claim.base.revision > after) {
      const { base } = segment.claim;
      await segment.close();
      const path = this.files.pathOf(base.epoch);
      segment = await this.files.open(base.epoch, 'r');
      if (!segment && (await this.files.isPurged(base.revision))) {
        throw gone(this.label, after, base.revision + 1);
      }
      if (!segment?.claim) {
        await segment?.close();
        throw damage(path, 0, 'a segment that a later one goes on from');
      }
      end = base.bytes;
    }
    return segment && { segment, end };
  }

  /**
   * True if the log has what a segment had up to `end`, which is stored, and false if it never
   * will; undefined: who knows. To be called in a turn of `exclusive`.
   */
  async includes(epoch: number, end: number): Promise<boolean | undefined> {
    let newer = await this.#decided(() => this.claim());
    await newer?.close();
    while (newer?.claim && newer.epoch > epoch) {
      const { base } = newer.claim;
      if (base.epoch === epoch) return base.bytes >= end;
      if (base.epoch < epoch) return false;
      newer = await this.files.open(base.epoch, 'r');
      await newer?.close();
    }
    return undefined;
  }

  /** Removes segments whose records are all at or below a revision. */
  async purge(through: number): Promise<void> {
    const floor = await this.files.floor();
    if (through <= floor) return;
    const part = await this.locate(through).catch(async error => {
      // Somebody else has removed more in the meantime.
      if ((await this.files.floor()) <= through) throw error;
      return undefined;
    });
    if (!part) return;
    const { segment } = part;
    await segment.close();
    const { revision } = segment.claim!.base;
    if (revision > floor) await this.files.raiseFloor(floor, revision);
    for (const epoch of await this.files.epochs()) {
      if (epoch >= segment.epoch) break;
      await this.files.remove(epoch);
      this.#known.delete(epoch);
    }
  }

  /** Runs such work one at a time: what claims, and what writes. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Claims if nothing else tells which frames count. */
  settle(): Promise<unknown> {
    return this.exclusive(async () => {
      const { owned } = this;
      if (this.doubt || !owned || !this.files.isNewest(owned.segment)) await this.claim();
    });
  }

  /** Writes the claim of a segment that was just created; undefined: somebody was faster. */
  async #take(epoch: number, file: DiskFile): Promise<Segment | undefined> {
    const segment = new Segment(this.files.pathOf(epoch), epoch, file);
    try {
      // Its name is stored before its claim: a claim refers to segments with lower numbers.
      await this.files.disk.syncFolder(this.files.path);
      const base = await this.#settle(epoch);
      if (base) {
        segment.claim = { epoch, base, salt: randomBytes(8) };
        await file.write(encodeClaim(segment.claim), 0);
        await file.sync();
        if (this.files.isNewest(segment)) return segment;
      }
    } catch (error) {
      await segment.close();
      throw error;
    }
    await segment.close();
    return undefined;
  }

  /** The end of the newest older segment with a claim, stored. */
  async #settle(before: number): Promise<Place | undefined> {
    const epochs = await this.files.epochs();
    if (epochs.at(-1) !== before) return undefined;
    for (const epoch of epochs.reverse().slice(1)) {
      const base = await this.files.open(epoch, 'r+');
      if (!base) return undefined;
      try {
        if (base.claim) return await this.#storedEnd(base);
      } finally {
        await base.close();
      }
    }
    if (await this.files.isPurged(1))
      throw damage(this.files.pathOf(before - 1), 0, 'the newest segment');
    return origin;
  }

  async #storedEnd(segment: Segment): Promise<Place> {
    let place = this.known(segment);
    let last: Frame | undefined;
    for (;;) {
      const frames = await segment.frames(place);
      if (!frames.length) break;
      last = frames.at(-1)!;
      place = last.to;
    }
    // After an fsync that failed the next one may succeed and store nothing: so write it again.
    if (last) await segment.file.write(last.bytes, last.from.bytes);
    await segment.file.sync();
    return place;
  }

  /** The newest segment, if every later one is sure to go on from it. */
  async #decided(claim: () => Promise<unknown>): Promise<Segment | undefined> {
    for (;;) {
      await this.#othersClaim();
      const epoch = (await this.files.epochs()).at(-1);
      if (epoch === undefined) return undefined;
      const segment = await this.files.open(epoch, 'r');
      if (segment?.claim && epoch !== this.owned?.segment.epoch) await segment.file.sync();
      if (segment?.claim && this.files.isNewest(segment)) return segment;
      await segment?.close();
      // Whoever created it is dead or slow; a claim of ours decides without it.
      if (segment && !segment.claim) await claim();
    }
  }

  /** Waits until the newest segment has a claim, for a time: two must not overtake each other. */
  async #othersClaim(): Promise<void> {
    for (const until = Date.now() + this.#patience; Date.now() < until; ) {
      const epoch = (await this.files.epochs()).at(-1);
      const segment = epoch !== undefined && (await this.files.open(epoch, 'r'));
      if (!segment) return;
      await segment.close();
      if (segment.claim) return;
      await pause(1 + 4 * Math.random());
    }
  }
}
