import type { Chain } from './file-chain.js';
import { origin, type Place } from './file-frames.js';
import type { Frame, Segment } from './file-segment.js';

/** A place in a chain from which it is read on. */
export class Cursor {
  readonly #chain: Chain;
  readonly #after: number;
  #place: Place = origin;
  #segment: Segment | undefined;
  #end: number | undefined;

  constructor(chain: Chain, after: number) {
    this.#chain = chain;
    this.#after = after;
  }

  /** The revision up to which it has read, what comes before its place included. */
  get revision(): number {
    return this.#place.revision;
  }

  /** Frames with revisions above `after`, in order; none: there are no more yet. */
  async next(): Promise<readonly Frame[]> {
    const chain = this.#chain;
    if (chain.doubt) await chain.settle();
    for (;;) {
      const segment = this.#segment ?? (await this.#enter());
      if (!segment) return [];
      const { owned } = chain;
      const isOwn = owned?.segment.epoch === segment.epoch;
      const frames = await segment.frames(
        this.#place,
        this.#end ?? (isOwn ? owned.place.bytes : undefined),
      );
      const last = frames.at(-1);
      if (this.#end !== undefined) {
        if (!last) await this.close();
      } else if (!isOwn || !last) {
        // Nobody sees what a power cut could take away.
        if (last) await segment.file.sync();
        if (!chain.files.isNewest(segment)) {
          await this.close();
          continue;
        }
        // The last frame is left out: whoever claims next stores it once more.
        if (last) chain.know(last.from);
      }
      if (last) this.#place = last.to;
      const found = frames.filter(({ to }) => to.revision > this.#after);
      if (found.length || (!last && this.#segment)) return found;
    }
  }

  async close(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.close();
  }

  /** Opens the segment that goes on from its place. */
  async #enter(): Promise<Segment | undefined> {
    const part = await this.#chain.locate(Math.max(this.#after, this.#place.revision));
    if (!part) return undefined;
    const { segment, end } = part;
    if (this.#place.epoch !== segment.epoch) {
      const known = this.#chain.known(segment);
      const fits = known.revision <= this.#after && known.bytes <= (end ?? Infinity);
      this.#place = fits ? known : segment.start;
    }
    this.#segment = segment;
    this.#end = end;
    return segment;
  }
}
