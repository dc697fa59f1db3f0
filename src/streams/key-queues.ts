import type { Work } from './turns.js';

/** What waits for a key's snapshot, in the order in which it came. */
export interface KeyQueue {
  readonly works: Work[];
  /** How many of them are done. */
  done: number;
  /** What the store answered, until a stream has begun with it. */
  answer: { readonly value: unknown } | undefined;
}

/** Who works off a queue: is told of each work, or why the snapshot did not come. */
interface Worker {
  next(work: Work): void;
  error(error: unknown): void;
}

/** Keys whose snapshots are on their way. */
export class KeyQueues {
  readonly #queues = new Map<unknown, KeyQueue>();
  #whenEmpty: (() => void) | undefined;
  /** The queue that is being worked off. */
  #current: KeyQueue | undefined;

  /** The queue that something for a key must join; none for what is in that queue itself. */
  of(key: unknown): KeyQueue | undefined {
    if (!this.#queues.size) return undefined;
    const queue = this.#queues.get(key);
    return queue === this.#current ? undefined : queue;
  }

  /** What the store answered for what is being done. */
  get answer(): KeyQueue['answer'] {
    return this.#current?.answer;
  }

  /** A stream has begun with the answer. */
  used(): void {
    if (this.#current) this.#current.answer = undefined;
  }

  /** Does `work`, and what comes for the key meanwhile, when the promise has been kept. */
  wait(key: unknown, promise: PromiseLike<unknown>, work: Work, worker: Worker): void {
    let queue = this.#queues.get(key);
    // A queue that asks again, after an eviction, does the same work again.
    if (queue) queue.done--;
    else {
      queue = { works: [work], done: 0, answer: undefined };
      this.#queues.set(key, queue);
    }
    const own = queue;
    const isAwaited = () => this.#queues.get(key) === own;
    const answered = (value: unknown) => {
      if (!isAwaited()) return;
      own.answer = { value };
      this.#run(key, own, worker);
    };
    Promise.resolve(promise).then(answered, error => isAwaited() && worker.error(error));
  }

  /** Calls back when no key waits, perhaps at once. */
  whenEmpty(callback: () => void): void {
    this.#whenEmpty = callback;
    this.#tell();
  }

  clear(): void {
    this.#queues.clear();
    this.#whenEmpty = undefined;
  }

  /** Works off a key's queue until it is empty, or waits again. */
  #run(key: unknown, queue: KeyQueue, worker: Worker): void {
    const { works } = queue;
    while (queue.done < works.length && this.#queues.get(key) === queue) {
      const at = queue.done++;
      worker.next(() => {
        this.#current = queue;
        try {
          return works[at]();
        } finally {
          this.#current = undefined;
        }
      });
      if (queue.done === at) return;
    }
    if (this.#queues.get(key) === queue) this.#queues.delete(key);
    this.#tell();
  }

  #tell(): void {
    if (this.#queues.size) return;
    const callback = this.#whenEmpty;
    this.#whenEmpty = undefined;
    callback?.();
  }
}
