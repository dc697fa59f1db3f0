import { join } from 'node:path';
import * as check from './arguments.js';
import { decodeName, encodeName } from './encoded-name.js';
import { decodeEvents, encodeEvents } from './event-bytes.js';
import { Chain } from './file-chain.js';
import { Cursor } from './file-cursor.js';
import { type Disk, makeFolders } from './file-disk.js';
import { SegmentFolder } from './file-folder.js';
import type { Frame } from './file-segment.js';
import { hasSnapshot, readSnapshot, writeSnapshot } from './file-snapshots.js';
import { fileTerms } from './file-terms.js';
import { Writer } from './file-writer.js';
import { follow } from './follow.js';
import { LeasedLog, type Terms } from './leases.js';
import type { NewEvent, PartitionLog } from './log.js';
import { appendedAfter, fenced } from './refusals.js';

/** How often a reader looks for what another process has written, in milliseconds. */
const pauses = { least: 2, most: 50 };

/** How long a claim may take before somebody else decides, in milliseconds. */
const patience = 250;

/** A chain and what appends to it. */
interface Row {
  readonly chain: Chain;
  readonly writer: Writer;
}

/** The port on files: a chain for the events of each partition, and one for each job's records. */
export class FilePartitions extends LeasedLog implements PartitionLog {
  readonly name: string;
  readonly partitions: number;
  readonly #root: string;
  readonly #disk: Disk;
  readonly #segmentBytes: number;
  readonly #rows = new Map<string, Row>();
  protected readonly terms: Terms;
  protected isClosed = false;

  constructor(root: string, partitions: number, segmentBytes: number, disk: Disk) {
    super();
    this.name = `the file log in ${root}`;
    this.partitions = partitions;
    this.#root = root;
    this.#disk = disk;
    this.#segmentBytes = segmentBytes;
    this.terms = fileTerms(disk, async job => {
      const steps = ['jobs', encodeName(job), 'terms'];
      await makeFolders(disk, root, steps);
      return join(root, ...steps);
    });
  }

  async append(partition: number, events: readonly NewEvent[], after?: number): Promise<number> {
    const { writer } = this.#events(partition);
    check.checkEvents(events);
    const condition = appendedAfter(partition, after);
    return writer.append(encodeEvents(events), events.length, condition);
  }

  async lastOffset(partition: number): Promise<number> {
    return newest(this.#events(partition).chain);
  }

  async firstOffset(partition: number): Promise<number> {
    return (await this.#events(partition).chain.files.floor()) + 1;
  }

  read(partition: number, after: number, signal?: AbortSignal) {
    const { chain } = this.#events(partition);
    check.checkPlace('read.after', after);
    return this.#follow(chain, after, signal, ({ payload, from, to }) => {
      return decodeEvents(payload, from.revision + 1, to.time, after);
    });
  }

  async forget(partition: number, through: number): Promise<void> {
    const { chain } = this.#events(partition);
    check.checkPlace('forget.through', through);
    await chain.purge(through);
  }

  async jobs(): Promise<readonly string[]> {
    this.checkOpen();
    const folders = await this.#disk.list(join(this.#root, 'jobs'));
    const all = folders.filter(name => /^[a-z0-9_%-]+$/.test(name)).map(decodeName);
    const has = await Promise.all(all.map(job => this.#hasRecords(job)));
    return all.filter((_, i) => has[i]).sort();
  }

  async restore(job: string, partition: number) {
    return readSnapshot(this.#disk, this.#job(job, partition).chain.files.path);
  }

  records(job: string, partition: number, after: number, signal?: AbortSignal) {
    const { chain } = this.#job(job, partition);
    check.checkPlace('records.after', after);
    return this.#follow(chain, after, signal, ({ payload, to }) => {
      return [{ revision: to.revision, bytes: payload }];
    });
  }

  async commit(job: string, partition: number, after: number, record: Uint8Array) {
    const { writer } = this.#job(job, partition);
    check.checkPlace('commit.after', after);
    check.checkBytes('commit.record', record);
    const refuse = (newest: number) => fenced(job, partition, after, newest);
    return writer.append(new Uint8Array(record), 1, { after, refuse });
  }

  async snapshot(
    job: string,
    partition: number,
    revision: number,
    chunks: AsyncIterable<Uint8Array>,
    keep: number,
  ): Promise<void> {
    const { chain } = this.#job(job, partition);
    check.checkSnapshot(revision, keep, await newest(chain));
    await writeSnapshot(this.#disk, chain.files.path, revision, chunks);
    await chain.purge(keep);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const rows = [...this.#rows.values()];
    for (const { chain } of rows) chain.waiting.close();
    await Promise.all(rows.map(({ writer }) => writer.close()));
  }

  #events(partition: number): Row {
    this.checkPartition(partition);
    const name = String(partition);
    return this.#row(['events', name], `events of partition ${name}`);
  }

  #job(job: string, partition: number): Row {
    this.checkJob(job, partition);
    const steps = ['jobs', encodeName(job), String(partition)];
    return this.#row(steps, `records of ${job}.${partition}`);
  }

  #row(steps: readonly string[], label: string): Row {
    const name = steps.join('/');
    let row = this.#rows.get(name);
    if (!row) {
      const files = new SegmentFolder(this.#disk, this.#root, steps);
      const chain = new Chain({ files, label, patience });
      row = { chain, writer: new Writer(chain, this.#segmentBytes) };
      this.#rows.set(name, row);
    }
    return row;
  }

  async *#follow<T>(
    chain: Chain,
    after: number,
    signal: AbortSignal | undefined,
    decode: (frame: Frame) => readonly T[],
  ) {
    const cursor = new Cursor(chain, after);
    try {
      const next = async () => (await cursor.next()).flatMap(decode);
      yield* follow(next, chain.waiting, signal, pauses);
    } finally {
      await cursor.close();
    }
  }

  async #hasRecords(job: string): Promise<boolean> {
    for (let partition = 0; partition < this.partitions; partition++) {
      const { chain } = this.#job(job, partition);
      const { files } = chain;
      if (await hasSnapshot(this.#disk, files.path)) return true;
      if ((await newest(chain)) > 0) return true;
    }
    return false;
  }
}

/** The revision of a chain's last record; 0: there is none. */
async function newest(chain: Chain): Promise<number> {
  const { owned, doubt } = chain;
  if (owned && !doubt && chain.files.isNewest(owned.segment)) return owned.place.revision;
  const cursor = new Cursor(chain, Number.MAX_SAFE_INTEGER);
  try {
    await cursor.next();
    return cursor.revision;
  } finally {
    await cursor.close();
  }
}
