import { RecurError } from '../../errors.js';

/** Says why a node cannot be read. */
export class Unfit extends Error {}

/** Throws unless `ok`. */
export function ensure(ok: unknown, why: string): asserts ok {
  if (!ok) throw new Unfit(why);
}

/** The reason of a problem; anything else that was thrown goes on. */
export function whyOf(error: unknown): string {
  if (error instanceof Unfit || error instanceof RecurError) return error.message;
  throw error;
}
