import { asRecurError } from '../errors.js';
import { FencedError, type Lease, type Membership, UnknownError } from './log.js';
import type { PartitionMetrics } from './metrics.js';
import { ownersOf } from './places.js';
import { positionOf } from './position.js';
import { Relay } from './relay.js';
import { type Command, Runner } from './runner.js';
import type { RunnerSetup } from './runner-setup.js';

export interface WorkerSetup extends RunnerSetup {
  /** Milliseconds for which a worker that says nothing keeps its partitions. */
  readonly ttl: number;
  /** Milliseconds between looks at who is there. */
  readonly poll: number;
}

/** How many times in a row a log may leave a worker without an answer. */
const silences = 10;

/** A partition that this worker has. */
interface Held {
  readonly runner: Runner;
  readonly lease: Lease;
  renewed: number;
  done: Promise<void>;
}

/**
 * One of the workers that share a job's partitions: it takes those that are its own, and gives
 * them up when members come, or when it is stopped.
 */
export class Worker {
  readonly #setup: WorkerSetup;
  readonly #held = new Map<number, Held>();
  /** Partitions whose source has been read to its end. */
  readonly #finished = new Set<number>();
  #stopped = false;
  /** What was asked for before it had looked for partitions of its own. */
  #early: { cause: string; command: Command; only: number | undefined }[] | undefined = [];
  #failure: { readonly error: unknown } | undefined;
  #silences = 0;
  #wake: () => void = () => {};

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
  }

  /** Gives up all after what is being stored; `run` resolves then. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** What its partitions have done so far; undefined: the log does not answer just now. */
  async metrics(): Promise<PartitionMetrics[] | undefined> {
    const { job, source, maxEvents } = this.#setup;
    const own = { job: job.job, member: job.member };
    const all = [...this.#held].map(async ([partition, { runner }]): Promise<PartitionMetrics> => {
      const { offset, keys, epoch, progress } = runner;
      const lag = Math.max(0, (await source.lastOffset(partition)) - offset);
      const fill = progress.events / (maxEvents * Math.max(1, progress.records));
      return { ...own, partition, offset, lag, keys, epoch, ...progress, fill };
    });
    try {
      return await Promise.all(all);
    } catch (error) {
      if (error instanceof UnknownError) return undefined;
      throw error;
    }
  }

  /** Asks its partitions, or one of them, for something between two events. */
  ask(cause: string, command: Command, only?: number): void {
    this.#early?.push({ cause, command, only });
    for (const [partition, { runner }] of this.#held) {
      if (only === undefined || only === partition) runner.ask(cause, command);
    }
  }

  /** Works until it is stopped, or the source has been read to its end. Rejects if it fails. */
  async run(): Promise<void> {
    const { log, job, ttl, poll } = this.#setup;
    let membership: Membership | undefined;
    let renewed = 0;
    const look = async () => {
      const isNew = membership === undefined;
      const isDue = Date.now() - renewed > ttl / 3;
      if (isDue) renewed = Date.now();
      membership ??= await log.join(job.job, job.member, ttl);
      if (isDue && !isNew) await membership.renew();
      await this.#share();
      this.#early = undefined;
    };
    try {
      while (!this.#isOver()) {
        const isHeard = await this.#isHeard(look);
        if (!this.#isOver()) await this.#pause(isHeard ? poll : Math.max(poll, ttl / 3));
      }
    } finally {
      await this.#leave(membership);
    }
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * False: the log has not answered for as long as it has patience. Others may then take what this
   * worker has; but what is right depends on commits alone, so it goes on, and asks again.
   */
  async #isHeard(ask: () => Promise<void>): Promise<boolean> {
    try {
      await ask();
      this.#silences = 0;
      return true;
    } catch (error) {
      if (!(error instanceof UnknownError) || ++this.#silences >= silences) throw error;
      return false;
    }
  }

  #isOver(): boolean {
    const isDone = !this.#setup.follow && this.#finished.size === this.#setup.source.partitions;
    return this.#stopped || this.#failure !== undefined || isDone;
  }

  async #leave(membership: Membership | undefined): Promise<void> {
    const left = membership?.leave().catch(error => {
      // Whoever is silent is forgotten.
      if (!(error instanceof UnknownError)) throw error;
    });
    left?.catch(() => {});
    for (const { runner } of this.#held.values()) runner.stop();
    await Promise.all([...this.#held.values()].map(({ done }) => done));
    await left;
  }

  /** Looks who is there, gives up what is another's, and takes what is its own. */
  async #share(): Promise<void> {
    const { log, job, source, follow } = this.#setup;
    const owners = ownersOf(source.partitions, await log.members(job.job));
    for (let p = 0; p < source.partitions && !this.#stopped; p++) {
      const isOwn = owners[p] === job.member;
      const held = this.#held.get(p);
      if (held && !isOwn) held.runner.stop();
      else if (held) await this.#renew(p, held);
      else if (isOwn && !this.#finished.has(p)) await this.#take(p);
      else if (!isOwn && !follow && (await this.#isRead(p))) this.#finished.add(p);
    }
  }

  async #renew(p: number, held: Held): Promise<void> {
    if (Date.now() - held.renewed < this.#setup.ttl / 3) return;
    held.renewed = Date.now();
    if (!(await held.lease.renew())) held.runner.stop();
    else if (this.#held.get(p) === held) held.renewed = Date.now();
  }

  async #take(p: number): Promise<void> {
    const { log, job, ttl } = this.#setup;
    const lease = await log.lease(job.job, p, job.member, ttl);
    if (!lease) return;
    const runner = new Runner(this.#setup, p);
    const held: Held = { runner, lease, renewed: Date.now(), done: Promise.resolve() };
    for (const { cause, command, only } of this.#early ?? []) {
      if (only === undefined || only === p) runner.ask(cause, command);
    }
    this.#held.set(p, held);
    held.done = this.#work(p, held);
  }

  async #work(p: number, { runner, lease }: Held): Promise<void> {
    try {
      await runner.run();
      if (!this.#setup.follow && runner.finished) this.#finished.add(p);
    } catch (error) {
      // Somebody else has it, or the log will tell what is stored.
      if (!(error instanceof FencedError || error instanceof UnknownError)) {
        const { job } = this.#setup.job;
        this.#failure ??= { error: asRecurError(error, `${job}.${p}`) };
      }
    }
    await lease.release().catch(() => {});
    this.#held.delete(p);
    this.#wake();
  }

  /** True where another worker has read a partition to its end, and given it up or died. */
  async #isRead(p: number): Promise<boolean> {
    const { log, job, source, outputs } = this.#setup;
    if ((await log.owner(job.job, p)) !== undefined) return false;
    if ((await positionOf(log, job.job, p)) < (await source.lastOffset(p))) return false;
    // One that has died may have stored outputs that no sink was told of.
    if (outputs !== 'msgid') await new Relay(this.#setup, p).catchUp();
    return true;
  }

  #pause(time: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, time);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
