import { describe, expect, test } from 'vitest';
import { type FileLogOptions, fileLog } from '../../src/durable/file-log.js';
import { FencedError, type PartitionLog, UnknownError } from '../../src/durable.js';
import { RecurError } from '../../src/errors.js';
import { all, bytes, chunksOf, event } from './conformance.js';
import { LossyDisk, mulberry32 } from './lossy-disk.js';
import '../slow.js';

const newDisk = (seed = 1) => new LossyDisk(mulberry32(seed), '/', '/log');
const open = (disk: LossyDisk, options: FileLogOptions = {}) => {
  return fileLog('/log', { partitions: 1, ...options }, disk.disk());
};
/** Records of one number each: the numbers. */
const numbers = async (log: PartitionLog, after = 0) => {
  return (await all(log.records('job', 0, after))).map(({ bytes }) => bytes[0]);
};
const commit = (log: PartitionLog, after: number, ...values: readonly number[]) => {
  return log.commit('job', 0, after, bytes(...values));
};
const chain = '/log/jobs/job/0';
const segment = (epoch: number) => `${chain}/${String(epoch).padStart(10, '0')}.log`;

/** Three records of 5 bytes: 128 bytes of a claim, and three times 32 + 8. */
async function threeRecords(): Promise<LossyDisk> {
  const disk = newDisk();
  const log = await open(disk);
  for (let i = 0; i < 3; i++) await commit(log, i, i + 1, 7, 7, 7, 7);
  await log.close();
  expect(disk.file(segment(1)).length).toBe(128 + 3 * 40);
  return disk;
}

describe('a last frame that broke off', () => {
  test('is cut, at whatever byte it ends', async () => {
    const disk = await threeRecords();
    const whole = disk.file(segment(1)).length;
    for (let size = 128 + 2 * 40; size <= whole; size++) {
      const torn = disk.copy((path, file) => (path === segment(1) ? file.slice(0, size) : file));
      const log = await open(torn);
      const left = size === whole ? [1, 2, 3] : [1, 2];
      expect(await numbers(log)).toEqual(left);
      expect(await commit(log, left.length, 9)).toBe(left.length + 1);
      expect(await numbers(log)).toEqual([...left, 9]);
    }
  });

  test('of events goes with all of its append', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await log.append(0, [event('a', 1)]);
    await log.append(0, [event('b', 1), event('c', 1)]);
    await log.close();
    const path = '/log/events/0/0000000001.log';
    const torn = disk.copy((of, file) => (of === path ? file.slice(0, -1) : file));
    const again = await open(torn);
    expect((await all(again.read(0, 0))).map(({ key }) => key)).toEqual(['a']);
    expect(await again.append(0, [event('d', 1)])).toBe(2);
  });

  test('is cut if its value holds a whole log, whose frames are none of this file', async () => {
    const disk = await threeRecords();
    const log = await open(disk);
    await log.commit('job', 0, 3, disk.file(segment(1)).slice());
    await log.close();
    const torn = disk.copy((path, file) => (path === segment(2) ? file.slice(0, -1) : file));
    expect(await numbers(await open(torn))).toEqual([1, 2, 3]);
  });

  test('is cut if its first sector is lost and its end is there', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await commit(log, 0, 1);
    const before = disk.file(segment(1)).length;
    await log.commit('job', 0, 1, new Uint8Array(5000).fill(1));
    await log.close();
    const torn = disk.copy((path, file) =>
      path === segment(1) ? file.fill(0, before, before + 512) : file,
    );
    const again = await open(torn);
    expect(await numbers(again)).toEqual([1]);
    expect(await commit(again, 1, 2)).toBe(2);
  });
});

test('a bit that flips changes nothing, cuts the record that it is in, or is an error', async () => {
  const disk = newDisk();
  const log = await open(disk, { segmentBytes: 200 });
  for (let i = 0; i < 5; i++) await commit(log, i, i + 1, 7);
  await log.append(0, [event('a', 1, 2), event('b', 3)]);
  await log.append(0, [event('c', 4)]);
  await log.snapshot('job', 0, 2, chunksOf(bytes(5, 6), bytes(7)), 0);
  await log.close();
  const content = async (of: LossyDisk) => {
    const log = await open(of);
    const snapshot = await log.restore('job', 0);
    const records = await numbers(log);
    const events = await all(log.read(0, 0));
    const pairs = events.map(({ key, value, offset }) => [key, [...value], offset]);
    const chunks = (await all(chunked(snapshot!.chunks()))).map(chunk => [...chunk]);
    const state = JSON.stringify([log.partitions, await log.jobs(), snapshot!.revision, chunks]);
    await log.close();
    return { state, records: JSON.stringify(records), events: JSON.stringify(pairs) };
  };
  const whole = await content(disk);
  const cut = {
    records: JSON.stringify([1, 2, 3, 4]),
    events: JSON.stringify([
      ['a', [1, 2], 1],
      ['b', [3], 2],
    ]),
  };
  const last = { records: segment(3), events: '/log/events/0/0000000002.log' };
  const tally = { same: 0, cut: 0, refused: 0 };
  for (const path of disk.paths()) {
    const { length } = disk.file(path);
    const lastFrame = path === last.events ? length - 56 : length - 40;
    for (let at = 0; at < length; at++) {
      const flipped = disk.copy((of, file) => {
        if (of === path) file[at] ^= 1 << (at % 8);
        return file;
      });
      const found = await content(flipped).catch(error => {
        expect(error).toBeInstanceOf(RecurError);
        expect(error.message).toMatch(/\/log\/\S+/);
        return undefined;
      });
      if (!found) {
        tally.refused++;
        continue;
      }
      expect(found.state).toBe(whole.state);
      for (const kind of ['records', 'events'] as const) {
        if (found[kind] === whole[kind]) continue;
        expect([path, found[kind]]).toEqual([last[kind], cut[kind]]);
        expect(at).toBeGreaterThanOrEqual(lastFrame);
        tally.cut++;
      }
      if (found.records === whole.records && found.events === whole.events) tally.same++;
    }
  }
  // Either copy of a claim may lose a bit: three for records, two for events, one of the snapshot.
  expect(tally).toEqual({ same: 6 * 128, cut: 40 + 56, refused: expect.any(Number) });
  expect(tally.refused).toBeGreaterThan(300);
});

async function* chunked(chunks: AsyncIterable<Uint8Array>) {
  for await (const chunk of chunks) yield [chunk];
}

describe('damage before the last frame', () => {
  test('is an error that names the file and the byte', async () => {
    const disk = await threeRecords();
    const flipped = disk.copy((path, file) => {
      if (path === segment(1)) file[128 + 40 + 33] ^= 1;
      return file;
    });
    const log = await open(flipped);
    const place = `${segment(1)}, byte ${128 + 40}: expected a whole frame, got damaged bytes`;
    await expect(numbers(log)).rejects.toThrow(place);
    await expect(commit(log, 3, 4)).rejects.toThrow(place);
  });

  test('a segment that is missing is an error, and no shorter log', async () => {
    const disk = newDisk();
    const log = await open(disk, { segmentBytes: 200 });
    for (let i = 0; i < 6; i++) await commit(log, i, i);
    await log.close();
    const real = disk.disk();
    await real.remove(segment(2));
    await expect(numbers(await open(disk))).rejects.toThrow(`${segment(2)}, byte 0`);
  });

  test('a newer format is named', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await log.close();
    const text = new TextDecoder().decode(disk.file('/log/log.json'));
    expect(JSON.parse(text)).toMatchObject({ format: 'rxrecur/log', version: 1, partitions: 1 });
    const torn = disk.copy((_, file) => file.slice(0, -2));
    await expect(open(torn)).rejects.toThrow('/log/log.json, byte 0: expected JSON and its CRC');
  });
});

describe('a disk', () => {
  test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    'that is full (%s) refuses a commit, which is not there then or later',
    async code => {
      const disk = newDisk();
      const log = await open(disk);
      await commit(log, 0, 1);
      disk.beforeWrite = (_, write, length) => {
        write(length >> 1);
        throw Object.assign(new Error(`${code}: no room, write`), { code });
      };
      const failing = commit(log, 1, 2);
      await expect(failing).rejects.toThrow(`${segment(1)}: expected to write, got ${code}`);
      await expect(failing).rejects.not.toBeInstanceOf(UnknownError);
      expect(await numbers(log)).toEqual([1]);
      // A second try meets the same disk, and leaves a claim that broke off.
      await expect(commit(log, 1, 2)).rejects.toThrow(`expected to write, got ${code}`);
      disk.beforeWrite = () => {};
      expect(await numbers(log)).toEqual([1]);
      expect(await commit(log, 1, 3)).toBe(2);
      expect(await numbers(await open(disk))).toEqual([1, 3]);
    },
  );

  test('that fails in the midst of a write leaves a commit of which nobody can tell', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await commit(log, 0, 1);
    disk.beforeWrite = (_, write, length) => {
      write(length);
      throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
    };
    await expect(commit(log, 1, 2)).rejects.toThrow(UnknownError);
    disk.beforeWrite = () => {};
    expect(await numbers(log)).toEqual([1, 2]);
    await expect(commit(log, 1, 3)).rejects.toThrow(FencedError);
    expect(await commit(log, 2, 3)).toBe(3);
  });

  test('whose sync fails once, and then succeeds without storing: the record is written again', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await commit(log, 0, 1);
    // As Linux does: the pages count as clean after the error, so the next sync has nothing to do.
    let forgets = false;
    disk.beforeSync = path => {
      if (path !== segment(1) || forgets) return;
      forgets = true;
      disk.forgetUnsynced(path);
      throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    };
    await expect(commit(log, 1, 2)).rejects.toThrow(UnknownError);
    expect(await numbers(log)).toEqual([1, 2]);
    expect(await commit(log, 2, 3)).toBe(3);
    expect(await numbers(await open(disk.cut('lost')))).toEqual([1, 2, 3]);
  });
});

describe('a claim', () => {
  /** Another process creates the next segment, and does no more. */
  const create = async (disk: LossyDisk, epoch: number) => {
    await (await disk.disk().open(segment(epoch), 'wx+')).close();
  };

  test('that its process never wrote is skipped, by readers and by writers', async () => {
    const disk = await threeRecords();
    await create(disk, 2);
    const reader = await open(disk);
    expect(await numbers(reader)).toEqual([1, 2, 3]);
    await create(disk, 4);
    const writer = await open(disk);
    expect(await commit(writer, 3, 4)).toBe(4);
    expect(await numbers(reader)).toEqual([1, 2, 3, 4]);
    expect(await commit(reader, 4, 5)).toBe(5);
  });

  test('that is written, and a frame after it, while it is being read is no damage', async () => {
    const disk = await threeRecords();
    let go = () => {};
    const sleeps = new Promise<void>(resolve => {
      go = resolve;
    });
    disk.afterCreate = path => (path === segment(2) ? sleeps : undefined);
    const slow = commit(await open(disk), 3, 4);
    const real = disk.disk();
    let reads = 0;
    const log = await fileLog(
      '/log',
      { partitions: 1 },
      {
        ...real,
        async open(path, flags) {
          const file = await real.open(path, flags);
          if (path !== segment(2)) return file;
          const read: typeof file.read = async (into, position) => {
            const got = await file.read(into, position);
            if (reads++) return got;
            expect(got).toBe(0);
            go();
            await slow;
            return got;
          };
          return { ...file, read };
        },
      },
    );
    expect(await numbers(log)).toEqual([1, 2, 3, 4]);
    expect(reads).toBeGreaterThan(0);
  });

  test('that broke off is skipped at whatever byte it ends', async () => {
    const disk = await threeRecords();
    const log = await open(disk);
    await commit(log, 3, 4);
    const claim = disk.file(segment(2)).slice(0, 128);
    for (let size = 0; size < 128; size += 21) {
      const torn = disk.copy((path, file) => (path === segment(2) ? claim.slice(0, size) : file));
      const again = await open(torn);
      expect(await numbers(again)).toEqual([1, 2, 3]);
      expect(await commit(again, 3, 5)).toBe(4);
    }
  });

  test('of a slow process loses against a later one, and its commit is fenced', async () => {
    const disk = await threeRecords();
    let go = () => {};
    const sleeps = new Promise<void>(resolve => {
      go = resolve;
    });
    disk.afterCreate = path => (path === segment(2) ? sleeps : undefined);
    const slow = commit(await open(disk), 3, 90);
    const fast = await open(disk);
    expect(await commit(fast, 3, 4)).toBe(4);
    expect(await commit(fast, 4, 5)).toBe(5);
    go();
    await expect(slow).rejects.toThrow(FencedError);
    expect(await numbers(fast)).toEqual([1, 2, 3, 4, 5]);
  });

  test('fences a writer that sleeps in the midst of a write, whatever it has written', async () => {
    const disk = newDisk();
    const slow = await open(disk);
    await commit(slow, 0, 1);
    let go = () => {};
    const sleeps = new Promise<void>(resolve => {
      go = resolve;
    });
    let writes = 0;
    disk.duringWrite = path => (path === segment(1) && !writes++ ? sleeps : undefined);
    const late = commit(slow, 1, 90);
    const fast = await open(disk);
    expect(await commit(fast, 1, 2)).toBe(2);
    go();
    await expect(late).rejects.toThrow(FencedError);
    expect(await numbers(fast)).toEqual([1, 2]);
    expect(await numbers(slow)).toEqual([1, 2]);
    expect(await numbers(await open(disk.cut('kept')))).toEqual([1, 2]);
  });

  test('of a slow process whose segment was purged meanwhile is made anew', async () => {
    const disk = await threeRecords();
    let go = () => {};
    const sleeps = new Promise<void>(resolve => {
      go = resolve;
    });
    disk.afterCreate = path => (path === segment(2) ? sleeps : undefined);
    const slow = commit(await open(disk), 5, 90);
    const fast = await open(disk);
    expect(await commit(fast, 3, 4)).toBe(4);
    expect(await commit(fast, 4, 5)).toBe(5);
    await fast.snapshot('job', 0, 5, chunksOf(bytes(1)), 5);
    expect(disk.paths().filter(path => path.startsWith(chain) && path.endsWith('.log'))).toEqual([
      segment(3),
    ]);
    go();
    expect(await slow).toBe(6);
    expect(await numbers(fast, 5)).toEqual([90]);
  });

  test('of two that purge at a time the lower one does not make the other’s work damage', async () => {
    const disk = newDisk();
    const log = await open(disk, { segmentBytes: 1 });
    for (let i = 0; i < 9; i++) await commit(log, i, i + 1);
    const other = await open(disk);
    await Promise.all([
      log.snapshot('job', 0, 8, chunksOf(bytes(1)), 8),
      other.snapshot('job', 0, 4, chunksOf(bytes(1)), 4),
    ]);
    expect((await log.restore('job', 0))!.revision).toBe(8);
    expect(await numbers(log, 8)).toEqual([9]);
    await expect(numbers(other)).rejects.toThrow('expected number 1 to be kept, got 9 and later');
  });
});
