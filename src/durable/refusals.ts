import { mismatch, type RecurError } from '../errors.js';
import { checkPlace } from './arguments.js';
import { FencedError } from './log.js';

/** The error of a commit after a revision that is not the newest. */
export function fenced(job: string, partition: number, after: number, newest: number): FencedError {
  return new FencedError({
    where: `${job}.${partition}`,
    expected: `a commit after revision ${newest}`,
    got: `one after ${after}`,
    hint: 'another worker has this partition now',
  });
}

/** The condition of an append after an offset; undefined: it has none. */
export function appendedAfter(
  partition: number,
  after: number | undefined,
): { readonly after: number; refuse(last: number): FencedError } | undefined {
  if (after === undefined) return undefined;
  checkPlace('append.after', after);
  const refuse = (last: number) =>
    new FencedError({
      where: `append.${partition}`,
      expected: `events after offset ${last}`,
      got: `events after ${after}`,
      hint: 'somebody else has appended meanwhile',
    });
  return { after, refuse };
}

/** The error of a reader that asks for what has been purged. */
export function gone(what: string, after: number, first: number): RecurError {
  const hint = 'begin with a snapshot, or at the oldest that is kept';
  return mismatch(what, `number ${after + 1} to be kept`, `${first} and later`, hint);
}

/** The error of a call after `close`. */
export function closed(name: string): RecurError {
  return mismatch(name, 'an open log', 'a closed one');
}

/** Which logs a server has, for one that is asked for another. */
export function thereAre(logs: readonly string[]): string {
  if (!logs.length) return 'the server has no log';
  const some = logs.slice(0, 10).join(', ');
  return `the server has ${some}${logs.length > 10 ? ` and ${logs.length - 10} more` : ''}`;
}
