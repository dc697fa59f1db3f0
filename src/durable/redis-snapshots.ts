import { mismatch } from '../errors.js';
import { checkBytes } from './arguments.js';
import type { StoredSnapshot } from './log.js';
import { chunksOf, headOf, type Row } from './redis-keys.js';
import type { Link } from './redis-link.js';
import { sealed, unsealed } from './sealed.js';

/** Chunks of a snapshot that is not finished go so long after the last one, in milliseconds. */
const abandoned = 3_600_000;
/** So many chunks are on their way at once. */
const ahead = 3;

const none = new Uint8Array();

/** Stores a snapshot: chunks under a key of their own, which then takes the last one's place. */
export async function writeSnapshot(
  link: Link,
  row: Row,
  revision: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const generation = crypto.randomUUID();
  const key = chunksOf(row, generation);
  const where = row.label;
  const sent: Promise<unknown>[] = [];
  let count = 0;
  try {
    for await (const chunk of chunks) {
      checkBytes('snapshot.chunk', chunk);
      const bytes = sealed(none, chunk, count);
      const field = String(count++);
      const put = () => {
        const { redis } = link;
        return Promise.all([redis.hset(key, field, bytes), redis.pexpire(key, abandoned)]);
      };
      const stored = link.ask(put, { where });
      stored.catch(() => {});
      if (sent.push(stored) > ahead) await sent.shift();
    }
    await Promise.all(sent);
  } catch (error) {
    await link.ask(() => link.redis.unlink(key), { where }).catch(() => {});
    throw error;
  }
  await settle(link, row, { revision, generation, count });
}

async function settle(
  link: Link,
  row: Row,
  { revision, generation, count }: { revision: number; generation: string; count: number },
): Promise<void> {
  const where = row.label;
  for (;;) {
    const look = () => link.redis.hget(headOf(row), 'generation');
    const before = (await link.ask(look, { where })) ?? '';
    // An answer that was lost: it is done.
    if (before === generation) return;
    const keys = [headOf(row), chunksOf(row, generation), chunksOf(row, before)];
    const run = () => link.run('settle', ...keys, revision, generation, count, before);
    const answer = await link.ask(run, { where });
    if (answer === 'stored' || answer === 'older') return;
    if (answer === 'other') continue;
    const hint = 'they went before the last one came: write it again';
    throw mismatch(where, `${count} chunks of a snapshot`, 'fewer', hint);
  }
}

/** The newest snapshot of a row. */
export async function readSnapshot(link: Link, row: Row): Promise<StoredSnapshot | undefined> {
  const where = row.label;
  const look = () => link.redis.hmget(headOf(row), 'snapshot', 'generation', 'chunks');
  const [revision, generation, chunks] = await link.ask(look, { where });
  if (!generation) return undefined;
  const key = chunksOf(row, generation);
  const count = Number(chunks);
  const ask = (i: number) => {
    const answer = link.ask(() => link.redis.hgetBuffer(key, String(i)), { where });
    answer.catch(() => {});
    return answer;
  };
  return {
    revision: Number(revision),
    async *chunks() {
      const asked = Array.from({ length: Math.min(ahead, count) }, (_, i) => ask(i));
      for (let i = 0; i < count; i++) {
        const bytes = await asked[i];
        delete asked[i];
        if (!bytes) {
          const hint = 'a newer one took its place: restore again';
          throw mismatch(where, `chunk ${i} of the snapshot at ${revision}`, 'nothing', hint);
        }
        if (i + ahead < count) asked[i + ahead] = ask(i + ahead);
        const view = unsealed(bytes, i, `${where}, chunk ${i} of the snapshot at ${revision}`);
        yield new Uint8Array(view.buffer, 0, view.byteLength);
      }
    },
  };
}
