import { shortestFloat32 } from '../arrays/shortest.js';
import type { DurableOutput } from '../durable/event.js';
import { type LineWriter, lineSink } from '../durable/file-sink.js';
import type { PartitionLog } from '../durable/log.js';
import { newestHead } from '../durable/position.js';
import type { Sink } from '../durable/sink.js';
import { toStream } from '../durable/to-stream.js';
import { answerWriter } from './answers.js';
import { type AnswerFormat, formatOfName } from './format.js';
import { outputFormat } from './formats.js';
import { outputNames, type Size, totalOf } from './ports.js';
import type { ServeOptions } from './serve-options.js';
import { logPlace, openStateLog } from './state-log.js';
import { unusable } from './stop.js';

type Write = (text: string) => Promise<void>;

/** How the outputs are written: as they are told to be, or as the rows are, or NDJSON. */
export function serveFormat({ outputFormat: told, to, from }: ServeOptions): AnswerFormat {
  const isFile = to !== undefined && !logPlace(to);
  const named = isFile ? outputFormat({ outputFormat: told, output: to }) : told;
  return named ?? formatOfName(from) ?? 'ndjson';
}

/** Where the outputs go. `write` is for those to stdout. */
export async function openSink(
  options: ServeOptions,
  size: Size,
  log: PartitionLog,
  write: Write,
): Promise<{ readonly sink: Sink; readonly close?: () => Promise<void> }> {
  const { to } = options;
  const place = to === undefined ? undefined : logPlace(to);
  if (place) {
    const other = await openStateLog(place, log.partitions);
    return { sink: toStream(other), close: () => other.close() };
  }
  const lines = lineWriter(options, size);
  return { sink: to === undefined ? stdoutSink(lines, log, write) : lineSink(to, lines) };
}

/** One line an output: its id, its key if there are several, and the numbers. */
function lineWriter(options: ServeOptions, size: Size): LineWriter {
  const { key, delimiter = ',', names = outputNames(size) } = options;
  const total = totalOf(size);
  if (names.length !== total) {
    throw unusable(`--names: the model has ${total} outputs, got ${names.length} names`);
  }
  const format = serveFormat(options);
  const kept = ['id', ...(key === undefined ? [] : [key])];
  const twice = [...kept, ...names].find((name, i, all) => all.indexOf(name) < i);
  if (twice !== undefined)
    throw unusable(`the outputs would have two columns ${twice}; see --names`);
  const separator = format === 'tsv' ? '\t' : delimiter;
  const writer = answerWriter(format, kept, names, separator);
  const isJson = format === 'ndjson';
  const text = (value: string) => (isJson ? JSON.stringify(value) : value);
  return {
    header: writer.header,
    idIn: line => (isJson ? jsonId(line) : line.split(separator, 1)[0].replace(/^"|"$/g, '')),
    line({ id, key: of, y }: DurableOutput) {
      const texts = [text(id), ...(key === undefined ? [] : [text(of)])];
      return writer.write(texts, numbersIn(y).map(shortestFloat32));
    },
  };
}

function jsonId(line: string): string | undefined {
  const [, id] = /^\{"id":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  return id && JSON.parse(id);
}

/** The numbers of an answer, those of several outputs one after another. */
function numbersIn(y: unknown): number[] {
  if (y instanceof Float32Array) return [...y];
  return Object.values(y as Record<string, Float32Array>).flatMap(part => [...part]);
}

/** Stdout has what is stored from now on: nobody can tell what it had before. */
function stdoutSink(lines: LineWriter, log: PartitionLog, write: Write): Sink {
  let isHeaded = false;
  return {
    name: 'stdout',
    async last(job, partition) {
      const newest = await newestHead(log, job, partition);
      if (!newest) return undefined;
      const { sequence, done } = newest.head;
      return `${job}:${partition}:${sequence + done - 1}:0`;
    },
    async write(_job, _partition, { outputs }) {
      const head = isHeaded ? '' : lines.header;
      isHeaded = true;
      await write(head + outputs.map(output => lines.line(output)).join(''));
    },
  };
}
