/** Says why a node cannot be read. */
export class Unfit extends Error {}

/** Throws unless `ok`. */
export function ensure(ok: unknown, why: string): asserts ok {
  if (!ok) throw new Unfit(why);
}
