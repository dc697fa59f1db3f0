import { mismatch, RecurError } from '../errors.js';
import type { StoredSnapshot } from './log.js';
import { type Answer, bytesOf, codes, Refused, Unanswered } from './nats-link.js';
import { readStream } from './nats-reader.js';
import { newId, type StreamName, type Streams } from './nats-streams.js';

/** What makes a snapshot valid: the last message with the subject `head`. */
interface Head {
  readonly revision: number;
  /** The last token of the subject of its chunks. */
  readonly generation: string;
  readonly chunks: number;
  /** The number of its first chunk in the stream. */
  readonly first: number;
}

/** A head, and its own number in the stream; 0: there is none. */
interface Newest {
  readonly seq: number;
  readonly head: Head | undefined;
}

/** Bytes and chunks that may be on their way. */
const flight = { bytes: 16 * 2 ** 20, chunks: 32 };

const subjectOf = ({ subjects }: StreamName, token: string) => subjects.slice(0, -1) + token;

async function newestHead(streams: Streams, name: StreamName): Promise<Newest> {
  const query = { last_by_subj: subjectOf(name, 'head') };
  try {
    const found = await streams.link.ask(({ streams }) => streams.getMessage(name.stream, query));
    return { seq: found?.seq ?? 0, head: found?.json<Head>() };
  } catch (error) {
    if (error instanceof Refused && error.code === codes.streamNotFound) {
      return { seq: 0, head: undefined };
    }
    throw error;
  }
}

/** The newest snapshot of a job's partition. */
export async function readSnapshot(
  streams: Streams,
  name: StreamName,
): Promise<StoredSnapshot | undefined> {
  const { head } = await newestHead(streams, name);
  if (!head) return undefined;
  return { revision: head.revision, chunks: () => chunksOf(streams, name, head) };
}

async function* chunksOf(streams: Streams, name: StreamName, head: Head) {
  const { generation, chunks: count, first } = head;
  const filter = subjectOf(name, generation);
  const lack = async () => {
    const now = await newestHead(streams, name);
    const only = { subjects_filter: filter };
    const info = await streams.link.ask(({ streams }) => streams.info(name.stream, only));
    const there = info.state.subjects?.[filter] ?? 0;
    const isNewest = now.head?.generation === generation;
    if (isNewest && there === count) return;
    const hint = isNewest ? 'restore the stream from a copy' : 'a newer one came: restore again';
    const where = `${name.stream}@${generation}`;
    throw mismatch(where, `${count} chunks of a snapshot`, `${there}`, hint);
  };
  const range = { stream: name.stream, after: first - 1, count, filter, isSparse: true, lack };
  for await (const found of readStream(streams.link, range)) {
    for (const { data } of found) yield new Uint8Array(data);
  }
}

/** Stores chunks, then the head that makes them a snapshot; then older ones go. False: none did. */
export async function writeSnapshot(
  streams: Streams,
  name: StreamName,
  revision: number,
  chunks: AsyncIterable<Uint8Array>,
  check: (chunk: Uint8Array) => void,
): Promise<boolean> {
  await streams.ensure(name);
  const { seq: before } = await newestHead(streams, name);
  const generation = `${revision}-${newId()}`;
  const subject = subjectOf(name, generation);
  const remove = (filter: string) => {
    return streams.link.ask(({ streams }) => streams.purge(name.stream, { filter }));
  };
  let isValid = false;
  try {
    const stored = await writeChunks(streams, subject, chunks, check);
    isValid = await makeValid(streams, name, { revision, generation, ...stored }, before);
  } finally {
    // An error that is thrown has told more.
    if (!isValid) await remove(subject).catch(() => {});
  }
  if (isValid) await removeOlder(streams, name, revision, generation);
  return isValid;
}

async function removeOlder(
  streams: Streams,
  name: StreamName,
  revision: number,
  generation: string,
): Promise<void> {
  const purge = (options: { readonly filter: string; readonly keep?: number }) => {
    return streams.link.ask(({ streams }) => streams.purge(name.stream, options));
  };
  const filter = { subjects_filter: name.subjects };
  const info = await streams.link.ask(({ streams }) => streams.info(name.stream, filter));
  for (const subject of Object.keys(info.state.subjects ?? {})) {
    const token = subject.slice(name.subjects.length - 1);
    // Those of later revisions are being written. Another one of this revision will not be valid.
    const isOld = token !== generation && Number.parseInt(token, 10) <= revision;
    if (token === 'head') await purge({ filter: subject, keep: 1 });
    else if (isOld) await purge({ filter: subject });
  }
}

async function writeChunks(
  { link }: Streams,
  subject: string,
  chunks: AsyncIterable<Uint8Array>,
  check: (chunk: Uint8Array) => void,
) {
  const flying: { readonly length: number; readonly answer: Promise<Answer> }[] = [];
  let [bytes, count, first] = [0, 0, 0];
  const land = async () => {
    const [{ length, answer }] = flying.splice(0, 1);
    const { code, text, seq } = await answer;
    if (code !== undefined) {
      const got = `${text} (${code})`;
      throw new RecurError({ where: subject, expected: 'the server to store a chunk', got });
    }
    first ||= seq;
    bytes -= length;
  };
  for await (const chunk of chunks) {
    check(chunk);
    const answer = link.put(subject, new Uint8Array(chunk), {});
    answer.catch(() => {});
    flying.push({ length: chunk.length, answer });
    bytes += chunk.length;
    count++;
    while (bytes > flight.bytes || flying.length > flight.chunks) await land();
  }
  while (flying.length) await land();
  return { chunks: count, first: Math.max(1, first) };
}

/**
 * Stores a head, unless that of a later revision is there, or one of this revision came after
 * number `before`; false: it did.
 */
async function makeValid(
  streams: Streams,
  name: StreamName,
  head: Head,
  before: number,
): Promise<boolean> {
  const subject = subjectOf(name, 'head');
  const bytes = bytesOf(JSON.stringify({ format: 'rxrecur/snapshot', version: 1, ...head }));
  for (;;) {
    const { seq, head: newest } = await newestHead(streams, name);
    if (newest?.generation === head.generation) return true;
    const ahead = (newest?.revision ?? 0) - head.revision;
    if (ahead > 0 || (ahead === 0 && seq !== before)) return false;
    const headers = { 'Nats-Expected-Last-Subject-Sequence': String(seq) };
    try {
      const { code, text } = await streams.link.put(subject, bytes, headers);
      if (code === undefined) return true;
      if (code !== codes.wrongLast) {
        const expected = 'the server to store a snapshot';
        throw new RecurError({ where: subject, expected, got: `${text} (${code})` });
      }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      await streams.link.pause(100);
    }
  }
}
