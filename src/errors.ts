/** The parts of an error message: `<where>: expected <expected>, got <got>; <hint>`. */
export interface Mismatch {
  /** Which argument, datum or tensor, such as `lstm.weightIh`. */
  readonly where: string;
  /** What would have been right, with shapes. */
  readonly expected: string;
  /** What came. */
  readonly got: string;
  /** The likely cause, when one is known. */
  readonly hint?: string | undefined;
  /** Index of the datum since subscription, from 0; absent where no datum is involved. */
  readonly step?: number | undefined;
  /** The error that was caught, when there was one. */
  readonly cause?: unknown;
}

/**
 * A wrong argument (thrown at the call), datum (one `error` notification) or file (thrown by its
 * reader). What the library held before it, state included, is intact. `message` is
 * `<where>: expected <expected>, got <got>; <hint>`.
 *
 * @example
 * lstm(0, 15); // throws lstm.inputSize: expected a whole number from 1 to 2²⁴, got 0
 */
export class RecurError extends Error implements Mismatch {
  override readonly name: string = 'RecurError';
  declare readonly where: string;
  declare readonly expected: string;
  declare readonly got: string;
  declare readonly hint: string | undefined;
  declare readonly step: number | undefined;

  constructor({ where, expected, got, hint, step, cause }: Mismatch) {
    super(
      `${where}: expected ${expected}, got ${got}${hint ? `; ${hint}` : ''}`,
      cause === undefined ? undefined : { cause },
    );
    Object.assign(this, { where, expected, got, hint, step });
  }
}

/** A RecurError from its parts. */
export function mismatch(where: string, expected: string, got: string, hint?: string): RecurError {
  return new RecurError({ where, expected, got, hint });
}

/** Throws a RecurError unless `ok`; `got` is the value that came. */
export function demand(
  ok: unknown,
  where: string,
  expected: string,
  got: unknown,
  hint?: string,
): asserts ok {
  if (!ok) throw mismatch(where, expected, describe(got), hint);
}

/** `error` as a RecurError: one that already is keeps its words and gains what `more` adds. */
export function asRecurError(
  error: unknown,
  where: string,
  more: { step?: number | undefined; prefix?: string } = {},
): RecurError {
  const { step, prefix = '' } = more;
  if (error instanceof RecurError) {
    if (prefix === '' && (step === undefined || error.step !== undefined)) return error;
    const at = { where: prefix + error.where, step: error.step ?? step };
    return new RecurError({ ...error, cause: error.cause, ...at });
  }
  const got = error instanceof Error ? String(error) : `a throw of ${describe(error)}`;
  return new RecurError({ where: prefix + where, expected: 'a return', got, step, cause: error });
}

/** A value in a few words, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { length, shape, constructor: Class } = value as Record<string, unknown>;
  if (Array.isArray(shape)) return `an ndarray ${shapeText(shape)}`;
  const name = Array.isArray(value) ? 'an array' : (Class as { name?: string } | undefined)?.name;
  if (typeof length === 'number') return `${name} of length ${length}`;
  if (name && name !== 'Object') return `a ${name}`;
  return `an object { ${Object.keys(value).slice(0, 5).join(', ')} }`;
}

/** A shape as it is written in messages: `[256, 32]`. */
export function shapeText(shape: readonly unknown[]): string {
  return `[${shape.join(', ')}]`;
}

/** Refuses what is no object of options, and names that nobody reads, such as misspelt ones. */
export function checkNames(
  where: string,
  options: unknown,
  known: readonly string[],
): asserts options is object {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  demand(isObject, where, 'an object of options', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw mismatch(where, `options named ${known.join(', ')}`, describe(name));
    }
  }
}
