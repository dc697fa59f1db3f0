import { Intake } from './intake.js';
import { FencedError, UnknownError } from './log.js';
import { Partition } from './partition.js';
import { checkSource, forgetEvents, isOvertaken, placeOf } from './position.js';
import type { Progress } from './progress.js';
import { decodeRecord, encodeRecord, type RecordParts } from './record.js';
import { fenced } from './refusals.js';
import { Relay } from './relay.js';
import type { RunnerSetup } from './runner-setup.js';
import type { Sink } from './sink.js';
import { type Written, withoutOutputs } from './written.js';

/** Something that is asked for from outside, done between two events. */
export type Command = (partition: Partition) => void;

/** One partition's work from taking it to giving it up. */
export class Runner {
  readonly #setup: RunnerSetup;
  readonly #partition: Partition;
  /** Sinks that have outputs before they are stored. */
  readonly #early: readonly Sink[];
  readonly #relay: Relay;
  readonly #intake: Intake;
  readonly #commands: { readonly cause: string; readonly command: Command }[] = [];
  #revision = 0;
  #epoch = 0;
  #unsaved = 0;
  /** The revision of the snapshot that it began with; 0: there was none. */
  #base = 0;
  #claimed = false;
  #inFlight: Promise<void> = Promise.resolve();
  /** True once a source that ends has been read to its end. */
  finished = false;
  readonly progress: Progress = {
    ...{ events: 0, outputs: 0, poison: 0, late: 0, records: 0, bytes: 0, commit: 0, restore: 0 },
  };

  constructor(setup: RunnerSetup, partition: number) {
    this.#setup = setup;
    this.#partition = new Partition(setup.job, partition, setup.log.maxBytes);
    const isEarly = setup.outputs === 'msgid';
    this.#early = isEarly ? setup.sinks : [];
    this.#relay = new Relay(isEarly ? { ...setup, sinks: [] } : setup, partition);
    this.#intake = new Intake(setup.maxEvents);
  }

  get keys(): number {
    return this.#partition.size;
  }

  get offset(): number {
    return this.#partition.to;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Asks for something between two events; it is in a record before an output shows it. */
  ask(cause: string, command: Command): void {
    this.#commands.push({ cause, command });
    this.#intake.wake();
  }

  /** Ends after what is being stored. */
  stop(): void {
    this.#intake.stop();
  }

  /**
   * Works until it is stopped or the source ends. Rejects with a FencedError where another worker
   * has taken the partition, and with what else ended it; nothing of that is in the log.
   */
  async run(): Promise<void> {
    try {
      await this.#restore();
      await checkSource(this.#setup.source, this.#setup.job.job, this.#partition);
      if (this.#intake.stopped) return;
      await this.#claim();
      await this.#relay.catchUp();
      const { source, follow } = this.#setup;
      const { partition, after } = this.#partition;
      const reading = this.#intake.read(source, partition, after, follow);
      while (await this.#turn());
      await this.#inFlight;
      await this.#relay.done();
      await reading;
      this.finished = this.#intake.ended && !this.#intake.stopped;
    } catch (error) {
      throw await this.#reason(error);
    } finally {
      this.stop();
      // An error that is thrown has told of it. Whoever takes the partition next asks the sinks.
      await this.#inFlight.catch(() => {});
      await this.#relay.done().catch(() => {});
      this.#partition.end();
    }
  }

  /** The error, or that of a worker whose partition somebody else has taken, or may have taken. */
  async #reason(error: unknown): Promise<unknown> {
    if (error instanceof FencedError || error instanceof UnknownError) return error;
    const { log, job } = this.#setup;
    const { partition } = this.#partition;
    const own = { epoch: this.#claimed ? this.#epoch : undefined, base: this.#base };
    const isOver = await isOvertaken(log, job.job, partition, own).catch(other => other);
    if (isOver instanceof UnknownError) return isOver;
    return isOver === true ? fenced(job.job, partition, this.#revision, this.#revision + 1) : error;
  }

  async #restore(): Promise<void> {
    const { log, job } = this.#setup;
    const { partition } = this.#partition;
    const begin = performance.now();
    const where = (revision: number) => placeOf(job.job, partition, revision);
    const snapshot = await log.restore(job.job, partition);
    this.#base = snapshot?.revision ?? 0;
    if (snapshot) {
      let begins = true;
      for await (const chunk of snapshot.chunks()) {
        const parts = decodeRecord(chunk, where(snapshot.revision));
        this.#apply(parts, begins);
        begins = false;
      }
      this.#revision = snapshot.revision;
    }
    for await (const records of log.records(job.job, partition, this.#revision)) {
      for (const { revision, bytes } of records) {
        this.#apply(decodeRecord(bytes, where(revision)));
        this.#revision = revision;
        this.#unsaved += bytes.length;
      }
    }
    if (!this.#revision) this.#partition.begin(this.#setup.starts?.[partition] ?? 0);
    this.progress.restore = performance.now() - begin;
  }

  #apply(parts: RecordParts, begins = false): void {
    this.#partition.apply(parts, begins);
    this.#epoch = parts.head.epoch;
  }

  /** From here on no former owner can commit. */
  async #claim(): Promise<void> {
    this.#epoch++;
    const params = this.#setup.params();
    if (params !== undefined) this.#partition.use(params);
    await this.#commit(this.#partition.record(this.#epoch, 'claim'));
    this.#claimed = true;
  }

  /** Steps what is there, and stores it while the next is stepped; false: that was all. */
  async #turn(): Promise<boolean> {
    const intake = this.#intake;
    await intake.wait(() => this.#commands.length > 0 || this.#partition.isDue);
    const cause = this.#obey();
    // An output may go to a sink before it is stored, but not before what it shows is.
    const isAlone = cause !== undefined && this.#early.length > 0;
    if (!isAlone) this.#step();
    await this.#inFlight;
    if (!isAlone) this.#step();
    if (this.#partition.fresh || cause !== undefined) this.#begin(cause);
    else if (intake.ended && !intake.size) return false;
    if (this.#unsaved >= this.#setup.snapshotBytes) await this.#save();
    return !intake.stopped;
  }

  #obey(): string | undefined {
    const asked = this.#commands.splice(0);
    for (const { command } of asked) command(this.#partition);
    return asked.length ? asked.map(({ cause }) => cause).join(' ') : undefined;
  }

  #step(): void {
    const { maxEvents } = this.#setup;
    const partition = this.#partition;
    partition.goOn();
    while (!partition.isFull && partition.fresh < maxEvents) {
      const event = this.#intake.next();
      if (!event) break;
      partition.accept(event);
      this.progress.events++;
    }
  }

  /** A record is on its way; its outputs are told when it is stored. */
  #begin(cause: string | undefined): void {
    const parts = this.#partition.record(this.#epoch, cause);
    this.#inFlight = this.#commit(parts);
    this.#inFlight.catch(error => this.#intake.fail(error));
  }

  async #commit(parts: Written): Promise<void> {
    const { log, job } = this.#setup;
    const { progress } = this;
    const { told } = parts;
    const { partition } = this.#partition;
    const isEarly = this.#early.length > 0;
    const bytes = encodeRecord(isEarly ? withoutOutputs(parts) : parts);
    const begin = performance.now();
    if (told.outputs.length || told.letters.length) {
      await Promise.all(this.#early.map(sink => sink.write(job.job, partition, told)));
    }
    this.#revision = await log.commit(job.job, partition, this.#revision, bytes);
    progress.commit = performance.now() - begin;
    progress.records++;
    progress.bytes += bytes.length;
    this.#unsaved += bytes.length;
    progress.outputs += told.outputs.length;
    for (const { kind } of told.letters) progress[kind]++;
    if (told.outputs.length || told.letters.length) this.#setup.tell(told);
    await this.#relay.take(told, this.#revision);
  }

  /** All states as of the last record, so that earlier records may go. */
  async #save(): Promise<void> {
    await this.#inFlight;
    const { log, job, snapshotBytes } = this.#setup;
    const keep = Math.min(this.#revision, this.#relay.revision(this.#revision));
    const partition = this.#partition;
    const epoch = this.#epoch;
    let written = 0;
    async function* chunks() {
      for (const parts of partition.snapshot(epoch, keep)) {
        const chunk = encodeRecord(parts);
        written += chunk.length;
        yield chunk;
      }
    }
    await log.snapshot(job.job, partition.partition, this.#revision, chunks(), keep);
    // A snapshot of many keys is worth twice its bytes of records.
    this.#unsaved = Math.min(0, snapshotBytes - 2 * written);
    if (this.#setup.forget) await forgetEvents(this.#setup.source, log, partition.partition);
  }
}
