import type { RecurError } from '../errors.js';
import type { LogEvent } from './event.js';
import type { Letter, RecordHead } from './record.js';
import { type Output, packOutputs } from './told.js';

type Parts = Pick<RecordHead, 'outputs' | 'letters' | 'gone' | 'dropped'> & {
  readonly values?: Float32Array;
};

/** What the next record tells. */
export class Pending {
  readonly outputs: Output[] = [];
  readonly letters: Letter[] = [];
  /** Keys whose states were given up; some may have begun anew. */
  readonly gone = new Set<string>();
  /** Events that had their turn. */
  done = 0;
  dropped = 0;

  /** An event gives no output. */
  letter(kind: Letter['kind'], event: LogEvent, error: RecurError, at = this.done++): void {
    const { offset, key } = event;
    this.letters.push({ kind, at, offset, key, reason: error.message });
  }

  /** All of it, as a record holds it. */
  parts(from: number, isGone: (key: string) => boolean): Parts {
    const { letters, dropped } = this;
    const outputs = this.outputs;
    // They are, unless a key waited for others.
    if (outputs.some(({ at }, i) => i > 0 && at < outputs[i - 1].at)) outputs.sort(inOrder);
    const gone = [...this.gone].filter(isGone);
    return {
      ...(outputs.length && packOutputs(outputs, from)),
      ...(letters.length && { letters: letters.sort(inOrder) }),
      ...(gone.length && { gone }),
      ...(dropped && { dropped }),
    };
  }
}

const inOrder = (a: { readonly at: number }, b: { readonly at: number }) => a.at - b.at;
