import { RecurError } from '../errors.js';
import { UnknownError } from './log.js';
import { type Answer, codes, Unanswered } from './nats-link.js';
import { newId, type StreamName, type Streams } from './nats-streams.js';
import { fenced } from './refusals.js';

/** How long a commit is sent again that was not answered, in milliseconds. */
const limit = 20_000;

/** The header that tells a record from one that somebody else commits at the same time. */
const idHeader = 'Rxrecur-Id';

/**
 * Appends a record if the stream ends with `after`. A record that was not answered is sent again:
 * at most one message follows `after`, and its id tells whose it is.
 */
export async function commitRecord(
  streams: Streams,
  name: StreamName,
  { job, partition, after }: { job: string; partition: number; after: number },
  record: Uint8Array,
): Promise<number> {
  const id = newId();
  const headers = { 'Nats-Expected-Last-Sequence': String(after), [idHeader]: id };
  const begin = performance.now();
  for (let times = 1; ; times++) {
    let answer: Answer;
    try {
      await streams.ensure(name);
      answer = await streams.link.put(name.subjects, record, headers);
      if (answer.code === undefined) return answer.seq;
      if (answer.code === codes.wrongLast) {
        if (times > 1 && (await isOurs(streams, name, after + 1, id))) return after + 1;
        throw fenced(job, partition, after, (await streams.ends(name)).last);
      }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (performance.now() - begin > limit) throw unknown(job, partition, error);
      // Perhaps nobody listens because there is no such stream any more.
      streams.lost(name);
      await streams.link.pause(100);
      continue;
    }
    const got = `${answer.text} (${answer.code})`;
    const expected = 'the server to store a record';
    throw new RecurError({ where: `${job}.${partition}`, expected, got });
  }
}

/** True where the message of a number has our id. */
async function isOurs(streams: Streams, { stream }: StreamName, seq: number, id: string) {
  const found = await streams.link.ask(({ streams }) => streams.getMessage(stream, { seq }));
  if (found) return found.header?.get(idHeader) === id;
  const parts = { where: `${stream}@${seq}`, expected: 'a record', got: 'none any more' };
  throw new UnknownError({ ...parts, hint: 'read the log to know what was stored' });
}

function unknown(job: string, partition: number, cause: Error): UnknownError {
  const expected = 'to be told that the record is stored';
  const hint = 'read the log to know whether it is';
  return new UnknownError({
    where: `${job}.${partition}`,
    expected,
    got: cause.message,
    hint,
    cause,
  });
}
