import { RecurError } from '../errors.js';

/** A part of a file that cannot be read, and why. */
export interface Problem {
  /** The node or layer, as the file calls it. */
  readonly where: string;
  readonly why: string;
}

/**
 * A model that the library cannot run: the error of a reader that understood the file, but not all
 * that is in it. `problems` has every reason; the message, the first.
 */
export class UnreadableError extends RecurError {
  readonly problems: readonly Problem[];

  /** `format` is what the file is: `ONNX`. */
  constructor(format: string, problems: readonly Problem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? `${problems.length - 1} more such parts` : undefined;
    super({
      where: first.where,
      expected: `a part of ${format} that runs here`,
      got: first.why,
      hint: more,
    });
    this.problems = problems;
  }
}
