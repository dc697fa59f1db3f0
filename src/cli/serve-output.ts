import type { DurableOutput } from '../durable/event.js';
import { type LineWriter, lineSink } from '../durable/file-sink.js';
import type { PartitionLog } from '../durable/log.js';
import { newestHead } from '../durable/position.js';
import type { Sink } from '../durable/sink.js';
import { toStream } from '../durable/to-stream.js';
import { answerWriter } from './answers.js';
import { natsServers, openLog } from './log-places.js';
import { answerNames } from './ports.js';
import { textsOf } from './scaling.js';
import { type RowKind, readerOf } from './serve-events.js';
import { serveFormat } from './serve-format.js';
import { type JobModel, type KeptOutput, scalesBack } from './serve-model.js';

type Write = (text: string) => Promise<void>;

/** Where the outputs go. `write` is for those to stdout. */
export async function openSink(
  job: JobModel,
  log: PartitionLog,
  write: Write,
): Promise<{ readonly sink: Sink; readonly close?: () => Promise<void> }> {
  const { target } = job.options;
  if (target.kind === 'log') {
    const other = await openLog(target.log, log.partitions);
    return { sink: scaledSink(job, toStream(other)), close: () => other.close() };
  }
  const lines = lineWriter(job);
  if (target.kind === 'file') return { sink: lineSink(target.path, lines) };
  if (target.kind === 'stdout') return { sink: stdoutSink(lines, log, write) };
  const { toSubject } = await import('../durable/nats-log.js');
  const encode = (output: DurableOutput) => Buffer.from(lines.line(output).trimEnd());
  const sink = await toSubject(await natsServers(target.server), target.subject, { encode });
  return { sink, close: () => sink.close() };
}

/** One line an output: its id, its key if there are several, kept columns, and the numbers. */
function lineWriter(job: JobModel): LineWriter {
  const { options, outputSize } = job;
  const { key, delimiter = ',', keep = [] } = options;
  // A key that is kept stands where it was.
  const own = ['id', ...(key === undefined || keep.includes(key) ? [] : [key])];
  const names = answerNames(options, outputSize, [...own, ...keep]);
  const scales = scalesBack(job, names);
  const format = serveFormat(options);
  const separator = format === 'tsv' ? '\t' : delimiter;
  const writer = answerWriter(format, [...own, ...keep], names, separator);
  const isJson = format === 'ndjson';
  const text = (value: string) => (isJson ? JSON.stringify(value) : value);
  const nothing = isJson ? 'null' : '';
  return {
    header: writer.header,
    idIn: line => (isJson ? jsonId(line) : line.split(separator, 1)[0].replace(/^"|"$/g, '')),
    line({ id, key: of, y }: DurableOutput) {
      const { numbers, kept, as } = partsOf(y);
      const texts = [id, of].slice(0, own.length).map(text);
      for (const name of keep) {
        const has = Object.hasOwn(kept, name);
        texts.push(has ? writer.kept(readerOf(as), kept[name]) : nothing);
      }
      // An output may be older than --keep and --forecast of now.
      const values = textsOf(numbers, scales).slice(0, names.length);
      while (values.length < names.length) values.push(nothing);
      return writer.write(texts, values);
    },
  };
}

function jsonId(line: string): string | undefined {
  const [, id] = /^\{"id":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  return id && JSON.parse(id);
}

/** The numbers of an answer, those of several outputs one after another, and what is kept. */
function partsOf(output: unknown) {
  const { kept } = output as Partial<KeptOutput>;
  const isKept = kept !== undefined && !(kept instanceof Float32Array);
  const { y, as = 'json' as RowKind } = isKept ? (output as KeptOutput) : { y: output };
  const parts = y instanceof Float32Array ? [y] : Object.values(y as Record<string, Float32Array>);
  const numbers = Float32Array.from(parts.flatMap(part => [...part]));
  return { numbers, kept: isKept ? kept : {}, as };
}

/** Outputs on their way into a log: their numbers scaled back. */
function scaledSink(job: JobModel, sink: Sink): Sink {
  const scales = scalesBack(job, answerNames(job.options, job.outputSize));
  if (!scales.some(scale => scale !== undefined)) return sink;
  const scaled = (output: DurableOutput) => {
    const y = textsOf(partsOf(output.y).numbers, scales).map(Number);
    return { ...output, y };
  };
  return {
    name: sink.name,
    last: (name, partition) => sink.last(name, partition),
    write: (name, partition, { outputs, letters }) =>
      sink.write(name, partition, { outputs: outputs.map(scaled), letters }),
  };
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
