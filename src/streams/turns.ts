/** Does something for keys; what is to be emitted. */
export type Work = () => readonly unknown[];

/** One thing after another: what users' functions ask for in the middle of one is done after it. */
export class Turns {
  /** True while users' functions may be running. */
  busy = false;
  /** What ended the stream; nothing is stepped afterwards. */
  failure: { readonly error: unknown } | undefined;
  readonly #deferred: Work[] = [];

  /** True where something was asked for that is not done yet. */
  get asked(): boolean {
    return this.#deferred.length > 0;
  }

  /** Does it now, or after what is being done. */
  do(work: Work): readonly unknown[] {
    this.#deferred.push(work);
    return this.busy ? [] : this.settle([]);
  }

  /** Does what was asked for; what is to be emitted with it. */
  settle(emissions: readonly unknown[]): readonly unknown[] {
    const before = this.busy;
    this.busy = true;
    for (let work = this.#deferred.shift(); work; work = this.#deferred.shift()) {
      try {
        const more = work();
        if (more.length) emissions = emissions.length ? [...emissions, ...more] : more;
      } catch (error) {
        this.failure ??= { error };
      }
    }
    this.busy = before;
    return emissions;
  }

  /** A throw of one who is told ends the stream. */
  orFail(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.failure ??= { error };
    }
  }
}
