import type { PartitionLog } from '../../src/durable/log.js';
import { UnknownError } from '../../src/durable/log.js';

/** What happens to the worker of a log at one of its calls. */
export type Blow =
  /** The call never answers: before it does anything, or after. */
  | 'dies before'
  | 'dies after'
  /** The call answers with an UnknownError: nothing was stored, or all was. */
  | 'unknown before'
  | 'unknown after'
  /** The call waits until somebody else has worked on, and does its work then. */
  | 'sleeps';

export interface Disturbance {
  readonly blow: Blow;
  /** How many calls go well before it. */
  readonly calls: number;
}

const never = () => new Promise<never>(() => {});

/**
 * A worker's view of a log that disturbs it once: after so many calls that read or write records.
 * `struck` resolves then; a worker that sleeps goes on when `wake` resolves.
 */
export function disturbed(
  log: PartitionLog,
  { blow, calls }: Disturbance,
  wake: Promise<void>,
): { readonly log: PartitionLog; readonly struck: Promise<void> } {
  let left = calls;
  let strike: () => void = () => {};
  const struck = new Promise<void>(resolve => (strike = resolve));
  let isDead = false;
  const unknown = () => {
    const got = 'no answer';
    return new UnknownError({ where: 'disturbed', expected: 'an answer', got });
  };
  async function call<T>(work: () => Promise<T>): Promise<T> {
    if (isDead) return never();
    if (left-- !== 0) return work();
    strike();
    if (blow === 'unknown before') throw unknown();
    if (blow === 'sleeps') {
      await wake;
      return work();
    }
    if (blow === 'dies before') isDead = true;
    if (isDead) return never();
    await work();
    if (blow === 'unknown after') throw unknown();
    isDead = true;
    return never();
  }
  async function* walk<T>(given: AsyncIterable<T>): AsyncGenerator<T> {
    const values = given[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await call(() => values.next());
      if (done) return;
      yield value;
    }
  }
  const disturbing: Partial<PartitionLog> = {
    commit: (...args) => call(() => log.commit(...args)),
    snapshot: (job, partition, revision, chunks, keep) =>
      call(() => log.snapshot(job, partition, revision, walk(chunks), keep)),
    restore: async (...args) => {
      const snapshot = await call(() => log.restore(...args));
      return snapshot && { ...snapshot, chunks: () => walk(snapshot.chunks()) };
    },
    records: (...args) => walk(log.records(...args)),
  };
  const view = new Proxy(log, {
    get(target, name: keyof PartitionLog) {
      const value = disturbing[name] ?? target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
  return { log: view, struck };
}
