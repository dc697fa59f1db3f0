import { realpathSync } from 'node:fs';
import { checkNames, demand } from '../errors.js';
import type { DeadLetter, DurableOutput } from './event.js';
import { LineFile, type LineFormat } from './file-lines.js';
import { locked } from './file-lock.js';
import { letterText, outputText } from './output-text.js';
import type { Sink } from './sink.js';
import { sequenceOf } from './told.js';

/** What `toFile` writes. */
export interface FileSinkOptions {
  /** True: dead letters are lines, too. Default: outputs alone. */
  readonly letters?: boolean | undefined;
}

/**
 * A sink: outputs become lines of NDJSON at the end of a file, `{ id, key, offset, y }`, each once
 * and in the order of its partition. `write` resolves when they are on the disk (fdatasync). After
 * a restart the file's own last ids say where to go on; a last line that was torn is cut off.
 *
 * Workers of one machine may share the file: they write one after another, and one that has lost
 * its partition adds nothing. Throws a RecurError at the call for wrong arguments; a file that
 * holds something else is an error of the stream.
 *
 * @example
 * import { mkdtempSync, readFileSync } from 'node:fs';
 *
 * const log = memoryLog({ partitions: 1 });
 * await log.append(0, [{ key: 'a', value: jsonBytes([0.5]) }]);
 * const file = `${mkdtempSync('/tmp/outputs-')}/alarms.ndjson`;
 * const model = (h: number, [x]: number[]) => [h + x, h + x];
 * const job = { job: 'alarms', model, initialState: 1 };
 * const events = fromStream<number[]>(log, { follow: false });
 * await lastValueFrom(events.pipe(durable(log, { ...job, sinks: [toFile(file)] } as never)));
 * readFileSync(file, 'utf8').trim(); // → {"id":"alarms:0:0:0","key":"a","offset":1,"y":1.5}
 */
export function toFile(path: string, options: FileSinkOptions = {}): Sink {
  demand(typeof path === 'string' && path, 'toFile', "a file's path", path);
  checkNames('toFile', options, ['letters']);
  const { letters = false } = options;
  demand(typeof letters === 'boolean', 'toFile.letters', 'true or false', letters);
  return lineSink(path, {
    ...ndjson,
    ...(letters && { letter: (one: DeadLetter) => `${letterText(one)}\n` }),
  });
}

/** How outputs, and dead letters if they are wanted, become lines of a file. */
export interface LineWriter extends LineFormat {
  /** A line, with its end. */
  line(output: DurableOutput): string;
  letter?(letter: DeadLetter): string;
}

/** A sink whose lines are somebody's own. */
export function lineSink(path: string, writer: LineWriter): Sink {
  let file: LineFile | undefined;
  const alone = <T>(work: (file: LineFile) => T) => {
    file ??= new LineFile(path, writer);
    const open = file;
    return locked(realpathSync(path), () => work(open));
  };
  return {
    name: path,
    last: (job, partition) => alone(file => file.last(`${job}:${partition}`)),
    async write(job, partition, { outputs, letters }) {
      const { letter } = writer;
      const lines = [
        ...outputs.map(output => ({ id: output.id, line: () => writer.line(output) })),
        ...(letter ? letters.map(one => ({ id: one.id, line: () => letter(one) })) : []),
      ];
      const placed = lines.map(line => ({ ...line, at: sequenceOf(line.id, job, partition) }));
      await alone(file => {
        // Somebody who has taken the partition may have written them.
        const last = sequenceOf(file.last(`${job}:${partition}`), job, partition);
        const news = placed.filter(({ at }) => at > last).sort((a, b) => a.at - b.at);
        const newest = news.at(-1);
        if (newest) file.append(news.map(({ line }) => line()).join(''), newest.id);
      });
    },
  };
}

const idAtStart = /^\{"id":("(?:[^"\\]|\\.)*")/;

const ndjson: LineWriter = {
  header: '',
  idIn(line) {
    const [, id] = idAtStart.exec(line) ?? [];
    return id && JSON.parse(id);
  },
  line: output => `${outputText(output)}\n`,
};
