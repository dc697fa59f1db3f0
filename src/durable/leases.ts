import { checkName, checkPartition, checkTerm, largest } from './arguments.js';
import type { Lease, Membership } from './log.js';
import { closed } from './refusals.js';

/** Who has a lease, or is a member, and until when in milliseconds since 1970. */
export interface Term {
  readonly member: string;
  readonly until: number;
}

/** Where an adapter keeps terms: by job, and by `lease-P` or `member-NAME`. */
export interface Terms {
  get(job: string, name: string): Promise<Term | undefined>;
  /** Puts what `next` makes of the term that is there; undefined: removes it. */
  change(
    job: string,
    name: string,
    next: (term: Term | undefined) => Term | undefined,
  ): Promise<Term | undefined>;
  /** All terms whose names begin so. */
  list(job: string, prefix: string): Promise<readonly Term[]>;
}

/** A member is forgotten so long after it was last heard of, in milliseconds. */
const oblivion = 60_000;

const runs = (term: Term | undefined) => term !== undefined && term.until > Date.now();

/** What all adapters have alike: what can be asked of them, and leases and members, as terms. */
export abstract class LeasedLog {
  abstract readonly name: string;
  abstract readonly partitions: number;
  readonly maxBytes: number = largest;
  protected abstract readonly terms: Terms;
  protected abstract readonly isClosed: boolean;

  protected checkOpen(): void {
    if (this.isClosed) throw closed(this.name);
  }

  protected checkPartition(partition: number): void {
    this.checkOpen();
    checkPartition(this.partitions, partition);
  }

  protected checkJob(job: string, partition = 0): void {
    this.checkPartition(partition);
    checkName('job', job);
  }

  async lease(
    job: string,
    partition: number,
    member: string,
    ttl: number,
  ): Promise<Lease | undefined> {
    this.checkJob(job, partition);
    checkName('member', member);
    checkTerm('lease.ttl', ttl);
    const { terms } = this;
    const name = `lease-${partition}`;
    const renew = async () => {
      const term = await terms.change(job, name, last => {
        const isOthers = runs(last) && last?.member !== member;
        return isOthers ? last : { member, until: Date.now() + ttl };
      });
      return term?.member === member;
    };
    const release = async () => {
      await terms.change(job, name, last => (last?.member === member ? undefined : last));
    };
    return (await renew()) ? { renew, release } : undefined;
  }

  async owner(job: string, partition: number): Promise<string | undefined> {
    this.checkJob(job, partition);
    const term = await this.terms.get(job, `lease-${partition}`);
    return runs(term) ? term?.member : undefined;
  }

  async join(job: string, member: string, ttl: number): Promise<Membership> {
    this.checkJob(job);
    checkName('member', member);
    checkTerm('join.ttl', ttl);
    const { terms } = this;
    const name = `member-${member}`;
    const renew = async () => {
      await terms.change(job, name, () => ({ member, until: Date.now() + ttl }));
    };
    await renew();
    const leave = async () => {
      await terms.change(job, name, () => undefined);
    };
    return { renew, leave };
  }

  async members(job: string): Promise<readonly string[]> {
    this.checkJob(job);
    const { terms } = this;
    const all = await terms.list(job, 'member-');
    const gone = all.filter(({ until }) => until < Date.now() - oblivion);
    const remove = (term: Term | undefined) =>
      term && term.until < Date.now() - oblivion ? undefined : term;
    for (const { member } of gone) await terms.change(job, `member-${member}`, remove);
    const here = all.filter(runs).map(({ member }) => member);
    return here.sort();
  }
}
