import { setTimeout as pause } from 'node:timers/promises';
import { mismatch, type RecurError } from '../errors.js';
import type { Disk, DiskFile } from './file-disk.js';
import {
  type Claim,
  decodeClaim,
  decodeHead,
  type FrameHead,
  frameHeadBytes,
  frameMagic,
  headBytes,
  isPayload,
  type Place,
} from './file-frames.js';

/** A frame as it was read. */
export interface Frame {
  readonly payload: Uint8Array;
  /** All of its bytes. */
  readonly bytes: Uint8Array;
  /** The place before it and the one after it. */
  readonly from: Place;
  readonly to: Place;
}

/** How much of a file is read at a time, unless a frame is longer. */
const chunkBytes = 2 ** 20;

/** The error of what was whole once and is not any more. */
export function damage(path: string, position: number, expected = 'a whole frame'): RecurError {
  const hint = 'restore the file from a copy: nothing can tell what was there';
  return mismatch(`${path}, byte ${position}`, expected, 'damaged bytes', hint);
}

/** A file of a log: a claim, then frames. Of the last one only a part may be there. */
export class Segment {
  /** Undefined: nobody has written one. */
  claim: Claim | undefined;
  readonly path: string;
  readonly epoch: number;
  readonly file: DiskFile;

  constructor(path: string, epoch: number, file: DiskFile) {
    this.path = path;
    this.epoch = epoch;
    this.file = file;
  }

  static async open(disk: Disk, path: string, epoch: number, flags: 'r' | 'r+'): Promise<Segment> {
    const segment = new Segment(path, epoch, await disk.open(path, flags));
    try {
      await segment.#readClaim();
    } catch (error) {
      await segment.close();
      throw error;
    }
    return segment;
  }

  /** Where its first frame is or will be. */
  get start(): Place {
    const { revision, time } = this.claim!.base;
    return { epoch: this.epoch, bytes: headBytes, revision, time };
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /**
   * The whole frames after a place: as many as a chunk has, but one if there is one. With `end`
   * they must be whole up to there; without it the file may end within one, which is none yet.
   */
  async frames(from: Place, end?: number, again = true): Promise<readonly Frame[]> {
    const limit = end ?? this.file.stat().size;
    for (let room = chunkBytes; from.bytes < limit; ) {
      const bytes = new Uint8Array(Math.min(room, limit - from.bytes));
      const got = await this.file.read(bytes, from.bytes);
      const { frames, next } = this.#parse(bytes.subarray(0, got), from);
      if (frames.length) return frames;
      if (next && next.size > room && from.bytes + next.size <= limit) {
        room = next.size;
        continue;
      }
      if (end === undefined && (await this.#isTorn(from.bytes, next))) return [];
      if (!again) throw damage(this.path, from.bytes);
      // A writer may be at it: what its disk shows of an unfinished write is not ours to judge.
      await pause(20);
      return this.frames(from, end, false);
    }
    return [];
  }

  async #readClaim(again = true): Promise<void> {
    const bytes = new Uint8Array(headBytes);
    const got = await this.file.read(bytes, 0);
    const claim = decodeClaim(bytes.subarray(0, got));
    if (typeof claim === 'number') {
      throw mismatch(this.path, 'version 1 of the format', `${claim}`, 'a newer rxrecur wrote it');
    }
    // Frames come only after the claim has been stored, so a claim that broke off is the end.
    const isTorn = !claim && this.file.stat().size <= headBytes;
    if (isTorn || claim?.epoch === this.epoch) this.claim = claim;
    // Its writer was at it: now that there are frames the claim is whole.
    else if (again) await this.#readClaim(false);
    else throw damage(this.path, 0, 'a claim');
  }

  /** The frames that bytes begin with, and the head of the one after them, if that is whole. */
  #parse(bytes: Uint8Array, from: Place) {
    const { salt } = this.claim!;
    const frames: Frame[] = [];
    for (let place = from; ; ) {
      const at = place.bytes - from.bytes;
      const head = decodeHead(bytes, at, salt, place.bytes);
      const whole = head && bytes.subarray(at, at + head.size);
      const rest = whole?.subarray(frameHeadBytes);
      if (!head || whole?.length !== head.size || !isPayload(head, rest!, salt, place.bytes)) {
        return { frames, next: head };
      }
      const to = {
        epoch: this.epoch,
        bytes: place.bytes + head.size,
        revision: place.revision + head.count,
        time: head.time,
      };
      frames.push({ payload: rest!.subarray(0, head.length), bytes: whole, from: place, to });
      place = to;
    }
  }

  /**
   * True if what is at a position can be a write that did not end. A writer waits until a frame
   * is stored before it writes the next one; so another frame after it says that it was whole.
   */
  async #isTorn(position: number, head: FrameHead | undefined): Promise<boolean> {
    const { size } = this.file.stat();
    if (head) return position + head.size >= size;
    const rest = new Uint8Array(Math.max(0, size - position));
    const got = Buffer.from(rest.buffer, 0, await this.file.read(rest, position));
    for (let at = 8; (at = got.indexOf(frameMagic, at)) >= 0; at += 1) {
      if (decodeHead(got, at, this.claim!.salt, position + at)) return false;
    }
    return true;
  }
}
