declare module 'jsfive' {
  /** Throws strings, and errors of the engine, for files that it cannot read. */
  export class Group {
    /** A member by its name. */
    get(name: string): Group | Dataset;
    /** All attributes, which are read here, by name. */
    readonly attrs: Readonly<Record<string, unknown>>;
  }
  export class File extends Group {
    /** `bytes` is the whole file. */
    constructor(bytes: ArrayBuffer, name?: string);
  }
  export class Dataset {
    readonly shape: readonly number[];
    /** As NumPy's: `<f4`; an array for what is no number. */
    readonly dtype: string | readonly unknown[];
    /** All numbers, row-major. */
    readonly value: readonly number[];
  }
}
