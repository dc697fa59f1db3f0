import { join } from 'node:path';
import { allow, type Disk, type DiskFile, makeFolders } from './file-disk.js';
import { Segment } from './file-segment.js';

/** The folder of a chain: segments by their epochs, and how far the oldest ones were removed. */
export class SegmentFolder {
  readonly disk: Disk;
  readonly path: string;
  readonly #root: string;
  readonly #steps: readonly string[];
  #isMade = false;

  /** `steps`: the folders below `root`, which is there. */
  constructor(disk: Disk, root: string, steps: readonly string[]) {
    this.disk = disk;
    this.path = join(root, ...steps);
    this.#root = root;
    this.#steps = steps;
  }

  async make(): Promise<void> {
    if (!this.#isMade) await makeFolders(this.disk, this.#root, this.#steps);
    this.#isMade = true;
  }

  /** Undefined: somebody else has created it. */
  create(epoch: number): Promise<DiskFile | undefined> {
    return this.disk.open(this.pathOf(epoch), 'wx+').catch(allow('EEXIST'));
  }

  async remove(epoch: number): Promise<void> {
    await this.disk.remove(this.pathOf(epoch)).catch(allow('ENOENT'));
  }

  /** True if nobody has claimed since; the segment must have been the newest once. */
  isNewest({ epoch, path, file }: Segment): boolean {
    const { disk } = this;
    // A segment goes only when a newer one is there, and the oldest goes first.
    return !disk.stat(this.pathOf(epoch + 1)) && disk.stat(path)?.ino === file.stat().ino;
  }

  /** The revision through which records may have been removed: it is the name of a file. */
  async floor(): Promise<number> {
    return (await this.#numbers(/^floor-(\d{16})$/)).at(-1) ?? 0;
  }

  async raiseFloor(from: number, to: number): Promise<void> {
    const { disk } = this;
    const path = (revision: number) => {
      return join(this.path, `floor-${String(revision).padStart(16, '0')}`);
    };
    // Two may purge at a time: the highest name counts, so none lowers what another one raised.
    const file = await disk.open(path(to), 'wx+').catch(allow('EEXIST'));
    await file?.close();
    await disk.syncFolder(this.path);
    if (from) await disk.remove(path(from)).catch(allow('ENOENT'));
  }

  /** A list of names that change meanwhile may lack the old and the new one: so look twice. */
  async isPurged(revision: number): Promise<boolean> {
    return (await this.floor()) >= revision || (await this.floor()) >= revision;
  }

  epochs(): Promise<number[]> {
    return this.#numbers(/^(\d{10})\.log$/);
  }

  async #numbers(pattern: RegExp): Promise<number[]> {
    const names = await this.disk.list(this.path);
    const found = names.flatMap(name => pattern.exec(name)?.[1] ?? []);
    return found.map(Number).sort((a, b) => a - b);
  }

  open(epoch: number, flags: 'r' | 'r+'): Promise<Segment | undefined> {
    return Segment.open(this.disk, this.pathOf(epoch), epoch, flags).catch(allow('ENOENT'));
  }

  pathOf(epoch: number): string {
    return join(this.path, `${String(epoch).padStart(10, '0')}.log`);
  }
}
