import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { mismatch } from '../errors.js';
import { checkBytes } from './arguments.js';
import { allow, type Disk, type DiskFile } from './file-disk.js';
import { encodeClaim, encodeFrame, headBytes, origin } from './file-frames.js';
import { damage, Segment } from './file-segment.js';
import type { StoredSnapshot } from './log.js';

/** A snapshot that was begun so long ago is not being written any more, in milliseconds. */
const abandoned = 3_600_000;

const finished = /^snapshot-(\d{16})$/;
const begun = /^snapshot-\d{16}\.(\d+)\.[0-9a-f]+\.tmp$/;

const nameOf = (revision: number) => `snapshot-${String(revision).padStart(16, '0')}`;

/** Stores a snapshot in a folder and removes older ones; false: a newer one is there. */
export async function writeSnapshot(
  disk: Disk,
  folder: string,
  revision: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const path = join(folder, nameOf(revision));
  const temporary = `${path}.${Date.now()}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await disk.open(temporary, 'wx+');
  try {
    await writeChunks(file, revision, chunks).finally(() => file.close());
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await disk.syncFolder(folder);
  const names = await disk.list(folder);
  const newest = newestOf(names);
  for (const name of names) {
    const isOld = finished.test(name) && name !== nameOf(newest);
    const isAbandoned = Number(begun.exec(name)?.[1] ?? Infinity) < Date.now() - abandoned;
    if (isOld || isAbandoned) await disk.remove(join(folder, name)).catch(allow('ENOENT'));
  }
  return newest === revision;
}

/** The newest snapshot in a folder. */
export async function readSnapshot(
  disk: Disk,
  folder: string,
): Promise<StoredSnapshot | undefined> {
  const revision = newestOf(await disk.list(folder));
  if (!revision) return undefined;
  const path = join(folder, nameOf(revision));
  return { revision, chunks: () => readChunks(disk, path, revision) };
}

export async function hasSnapshot(disk: Disk, folder: string): Promise<boolean> {
  return newestOf(await disk.list(folder)) > 0;
}

function newestOf(names: readonly string[]): number {
  return Math.max(0, ...names.map(name => Number(finished.exec(name)?.[1] ?? 0)));
}

/** The format of a segment: a head with the revision, a frame for each chunk, one that ends it. */
async function writeChunks(
  file: DiskFile,
  revision: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const salt = randomBytes(8);
  await file.write(encodeClaim({ epoch: 1, base: { ...origin, revision }, salt }), 0);
  let position = headBytes;
  const write = async (parts: readonly Uint8Array[], count: number) => {
    const frame = encodeFrame(parts, { count, time: Date.now(), salt, position });
    await file.write(frame, position);
    position += frame.length;
  };
  for await (const chunk of chunks) {
    checkBytes('snapshot.chunk', chunk);
    await write([chunk], 1);
  }
  await write([], 0);
  await file.sync();
}

async function* readChunks(disk: Disk, path: string, revision: number): AsyncGenerator<Uint8Array> {
  const segment = await Segment.open(disk, path, 1, 'r').catch(allow('ENOENT'));
  if (!segment) {
    const hint = 'a newer one took its place: restore again';
    throw mismatch(path, 'a snapshot', 'no file', hint);
  }
  try {
    if (segment.claim?.base.revision !== revision) throw damage(path, 0, 'the head of a snapshot');
    const end = segment.file.stat().size;
    for (let place = segment.start, isWhole = false; !isWhole; ) {
      const frames = await segment.frames(place, end);
      if (!frames.length) throw damage(path, place.bytes, 'the end of the snapshot');
      for (const { payload, from, to } of frames) {
        isWhole = to.revision === from.revision;
        if (!isWhole) yield payload;
        place = to;
      }
    }
  } finally {
    await segment.close();
  }
}
