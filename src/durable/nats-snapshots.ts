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

/** Stores chunks, then the head that makes them a snapshot; older ones go. False: none did. */
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
  const stored = await writeChunks(streams, subject, chunks, check);
  const isValid = await makeValid(streams, name, { revision, generation, ...stored }, before);
  // Only from the beginning: servers of a cluster that were killed have lost more than what was
  // removed from the midst of a stream. What was given up goes with the next snapshot.
  if (isValid) await streams.purge(name, stored.first - 1);
  return isValid;
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
 * Stores a head, unless that of a later revision is there; or one came after number `before` that
 * is of this revision, or whose chunks began after these, which then may be gone. False: it did.
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
    const isLater = ahead === 0 || (newest?.first ?? 0) > head.first;
    if (ahead > 0 || (isLater && seq !== before)) return false;
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
