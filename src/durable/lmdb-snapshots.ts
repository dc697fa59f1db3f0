import { mismatch } from '../errors.js';
import { checkBytes } from './arguments.js';
import type { Row, Rows } from './lmdb-rows.js';
import type { StoredSnapshot } from './log.js';
import { sealed, unsealed } from './sealed.js';

/** What stands for a whole snapshot: its chunks have keys with its id. */
interface Head {
  readonly revision: number;
  /** The time when it was begun, and a random part. */
  readonly id: number;
  readonly chunks: number;
}

/** A snapshot that was begun so long ago is not being written any more, in milliseconds. */
const abandoned = 3_600_000;

const none = new Uint8Array();

/** Stores a snapshot: each chunk in a transaction, then the head; then the last one goes. */
export async function writeSnapshot(
  rows: Rows,
  row: Row,
  revision: number,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { db } = rows;
  const id = Date.now() + Math.random();
  let count = 0;
  for await (const chunk of chunks) {
    checkBytes('snapshot.chunk', chunk);
    const bytes = sealed(none, chunk, count);
    const key = ['chunk', ...row, id, count++];
    await rows.write(row, () => void db.put(key, bytes));
  }
  const last = await rows.write(row, () => {
    const head = readHead(rows, row);
    if (head && head.revision > revision) return id;
    const text = JSON.stringify({ revision, id, chunks: count });
    db.put(['snapshot', ...row], sealed(none, new TextEncoder().encode(text), 0));
    return head?.id;
  });
  await removeChunks(rows, row, of => of === last || of < Date.now() - abandoned);
}

/** The newest snapshot of a row. */
export function readSnapshot(rows: Rows, row: Row): StoredSnapshot | undefined {
  rows.db.resetReadTxn();
  const head = readHead(rows, row);
  if (!head) return undefined;
  const { revision, id, chunks } = head;
  return {
    revision,
    async *chunks() {
      for (let i = 0; i < chunks; i++) {
        rows.db.resetReadTxn();
        const key = ['chunk', ...row, id, i];
        const bytes = rows.db.get(key);
        if (!bytes) {
          const hint = 'a newer one took its place: restore again';
          throw mismatch(key.join('/'), 'a chunk of a snapshot', 'nothing', hint);
        }
        const view = unsealed(bytes, i, key.join('/'));
        yield new Uint8Array(view.buffer, 0, view.byteLength);
      }
    },
  };
}

function readHead(rows: Rows, row: Row): Head | undefined {
  const bytes = rows.db.get(['snapshot', ...row]);
  if (!bytes) return undefined;
  return JSON.parse(new TextDecoder().decode(unsealed(bytes, 0, row.join('/')))) as Head;
}

/** Removes chunks of snapshots with such ids, but never those of the newest one. */
async function removeChunks(rows: Rows, row: Row, isOld: (id: number) => boolean): Promise<void> {
  const { db } = rows;
  for (let from = 0; ; ) {
    db.resetReadTxn();
    const range = { start: ['chunk', ...row, from], end: ['chunk', ...row, Infinity] };
    const [key] = db.getKeys({ ...range, limit: 1 });
    if (!key) return;
    const id = key.at(-2) as number;
    if (!isOld(id) || id === readHead(rows, row)?.id) {
      from = id + 1e-3;
      continue;
    }
    const own = { start: ['chunk', ...row, id], end: ['chunk', ...row, id, Infinity] };
    const keys = [...db.getKeys({ ...own, limit: 64 })];
    await rows.write(row, () => keys.forEach(of => void db.remove(of)));
  }
}
