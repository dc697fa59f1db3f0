import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { toFile } from '../../src/durable/file.js';
import { durable, fromStream, jsonBytes, memoryLog, type Sink } from '../../src/durable.js';

const folder = mkdtempSync(join(tmpdir(), 'rxrecur-sink-'));
let file: string;
let count = 0;
beforeEach(() => {
  file = join(folder, `${count++}.ndjson`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const output = (partition: number, sequence: number, y: unknown = sequence, key = 'k') => ({
  id: `j:${partition}:${sequence}:0`,
  ...{ partition, offset: sequence + 1, key, y },
});
const write = (sink: Sink, partition: number, from: number, to: number) =>
  sink.write('j', partition, {
    outputs: Array.from({ length: to - from }, (_, i) => output(partition, from + i)),
    letters: [],
  });
const ids = () => {
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map(line => JSON.parse(line).id as string);
};
const range = (partition: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `j:${partition}:${from + i}:0`);

describe('toFile', () => {
  test('writes a line for each output: id, key, offset, and float32 with the fewest digits', async () => {
    const y = new Float32Array([0.1, -2, 1e-7]);
    await toFile(file).write('j', 0, { outputs: [output(0, 4, y, 'a "b"')], letters: [] });
    expect(readFileSync(file, 'utf8')).toBe(
      '{"id":"j:0:4:0","key":"a \\"b\\"","offset":5,"y":[0.1,-2,1e-7]}\n',
    );
  });

  test('knows the last id of each partition, in the same sink and in another one', async () => {
    const sink = toFile(file);
    expect(await sink.last('j', 0)).toBeUndefined();
    await write(sink, 0, 0, 3);
    await write(sink, 1, 0, 9);
    await write(sink, 0, 3, 5);
    for (const other of [sink, toFile(file)]) {
      expect(await other.last('j', 0)).toBe('j:0:4:0');
      expect(await other.last('j', 1)).toBe('j:1:8:0');
      expect(await other.last('j', 2)).toBeUndefined();
      expect(await other.last('i', 0)).toBeUndefined();
    }
  });

  test('what is told again is written once', async () => {
    await write(toFile(file), 0, 0, 5);
    await write(toFile(file), 0, 3, 8);
    expect(ids()).toEqual(range(0, 0, 8));
  });

  test.for([1, 10, 40, 90])(
    'a last line of which %i bytes are there is cut off, and comes again',
    async bytes => {
      await write(toFile(file), 0, 0, 5);
      const { length } = readFileSync(file);
      await write(toFile(file), 0, 5, 6);
      truncateSync(file, Math.min(length + bytes, readFileSync(file).length - 1));
      const sink = toFile(file);
      expect(await sink.last('j', 0)).toBe('j:0:4:0');
      await write(sink, 0, 5, 7);
      expect(ids()).toEqual(range(0, 0, 7));
    },
  );

  test('ids are found in front of a megabyte of other partitions, and of long lines', async () => {
    const sink = toFile(file);
    await write(sink, 3, 0, 2);
    await sink.write('j', 1, { outputs: [output(1, 0, 'x'.repeat(3_000_000))], letters: [] });
    await write(sink, 2, 0, 30_000);
    const other = toFile(file);
    expect(await other.last('j', 3)).toBe('j:3:1:0');
    expect(await other.last('j', 1)).toBe('j:1:0:0');
    expect(await other.last('j', 2)).toBe('j:2:29999:0');
  });

  test('two sinks on one file see what the other has written, and a slow one adds nothing', async () => {
    const [a, b] = [toFile(file), toFile(file)];
    await Promise.all([write(a, 0, 0, 50), write(b, 1, 0, 50)]);
    await Promise.all([write(b, 0, 50, 60), write(a, 1, 50, 60)]);
    await write(a, 0, 40, 60);
    for (const p of [0, 1])
      expect(ids().filter(id => id.startsWith(`j:${p}:`))).toEqual(range(p, 0, 60));
  });

  test('dead letters are lines in their turn, if they are asked for', async () => {
    const letter = { ...output(0, 1), kind: 'poison' as const, reason: 'no number' };
    const { y: _, ...letters } = letter;
    const told = { outputs: [output(0, 0), output(0, 2)], letters: [letters] };
    await toFile(file, { letters: true }).write('j', 0, told);
    expect(ids()).toEqual(range(0, 0, 3));
    expect(readFileSync(file, 'utf8').split('\n')[1]).toBe(
      '{"id":"j:0:1:0","key":"k","offset":2,"kind":"poison","reason":"no number"}',
    );
  });

  test("somebody else's file is refused and stays as it is", async () => {
    writeFileSync(file, 'time,alarm\n1,2\n');
    await expect(toFile(file).last('j', 0)).rejects.toThrow(
      `${file}: expected lines with an id, got 'time,alarm'`,
    );
    expect(readFileSync(file, 'utf8')).toBe('time,alarm\n1,2\n');
  });

  test('a full disk is an error, and leaves whole lines', async () => {
    await expect(write(toFile('/dev/full'), 0, 0, 1)).rejects.toThrow();
  });

  test('wrong arguments are refused at the call', () => {
    expect(() => toFile('')).toThrow("toFile: expected a file's path, got ''");
    expect(() => toFile('a', { leters: true } as never)).toThrow('options named letters');
  });
});

test('a job that is run again after its file lost lines writes those, each once', async () => {
  const log = memoryLog({ partitions: 1 });
  const run = async (from: number) => {
    const events = Array.from({ length: 20 }, (_, i) => ({
      key: 'a',
      value: jsonBytes([from + i]),
    }));
    await log.append(0, events);
    const source = fromStream<number[]>(log, { follow: false });
    const model = (h: number, [x]: number[]) => [h + x, h + x] as [number, number];
    const options = { job: 'j', model, initialState: 0, maxEvents: 7, sinks: [toFile(file)] };
    await lastValueFrom(source.pipe(durable(log, options as never)));
  };
  await run(0);
  const whole = readFileSync(file);
  truncateSync(file, whole.length - 100);
  appendFileSync(file, '{"id":"j:0:1');
  await run(20);
  expect(ids()).toEqual(range(0, 0, 40));
  expect(readFileSync(file).subarray(0, whole.length).equals(whole)).toBe(true);
  const sums = Array.from({ length: 40 }, (_, i) => (i * (i + 1)) / 2);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines.map(line => JSON.parse(line).y)).toEqual(sums);
});
