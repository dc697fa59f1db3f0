import { type Layer, stateful } from '../../src/index.js';
import { pinned } from './pinned.js';

/** An event of a test: what its value says is done to it. */
export interface Trial {
  readonly key: string;
  readonly x: readonly number[];
  /** When it happened. */
  readonly at: number;
  /** Its place in the way through the job at which it is refused. */
  readonly poison?: 'decode' | 'key' | 'select' | 'model' | 'project';
  readonly reset?: readonly string[];
  readonly evict?: readonly string[];
}

/** What a job does with events, beside stepping them. */
export interface Rules {
  readonly late: 'arrival' | 'reorder' | 'drop' | 'side output';
  readonly lateness: number;
  readonly idle?: number;
  readonly maxKeys?: number;
  readonly initial?: boolean;
}

export interface Expected {
  /** By id: the key, the offset and the output's numbers, or what became of the event. */
  readonly answers: readonly string[];
  readonly states: ReadonlyMap<string, string>;
}

export const bitsOf = (numbers: ArrayLike<number>) =>
  new Uint32Array(Float32Array.from(numbers).buffer).join();

/** The state that a key begins with, where `initial` asks for one of its own. */
export function beginning(key: string): Record<'h' | 'c', Float32Array> {
  const start = key.length + key.charCodeAt(0) / 256;
  const of = (sign: number) => Float32Array.from({ length: 4 }, (_, i) => (sign * start) / (i + 9));
  return { h: of(1), c: of(-1) };
}

/**
 * One partition's events, one after another, each key by a `stateful` of its own: what every run
 * of a durable job over them has to come to.
 */
export function sequentially(model: Layer, events: readonly Trial[], rules: Rules): Expected {
  const { late, lateness, idle, maxKeys, initial } = rules;
  const streams = new Map<string, { stream: ReturnType<typeof begun>; used: number }>();
  const begun = (key: string) =>
    stateful(
      model as never,
      {
        backend: pinned,
        ...(initial && { initialState: beginning(key) }),
      } as never,
    ) as unknown as { (x: unknown): Float32Array; reset(): void; state: never };
  const answers: string[] = [];
  const waiting: { trial: Trial; offset: number }[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  let now = 0;
  const answer = (offset: number, key: string, text: string) =>
    answers.push(`${answers.length} ${offset} ${key} ${text}`);
  const use = (key: string, own: { stream: never; used: number }) => {
    streams.delete(key);
    streams.set(key, own);
    own.used = now;
  };

  function step({ key, x, poison, reset = [], evict = [] }: Trial, offset: number): void {
    now = Math.max(now, offset * 10);
    for (const [other, { used }] of streams) {
      if (idle !== undefined && used + idle <= now) streams.delete(other);
    }
    for (const other of reset) streams.get(other)?.stream.reset();
    for (const other of evict) streams.delete(other);
    if (poison === 'key' || poison === 'select' || poison === 'model') {
      answer(offset, key, 'poison');
      return;
    }
    let own = streams.get(key) as never as { stream: never; used: number };
    if (!own) {
      own = { stream: begun(key) as never, used: now };
      streams.set(key, own);
      if (maxKeys !== undefined && streams.size > maxKeys) {
        const [oldest] = [...streams.keys()].filter(other => other !== key);
        streams.delete(oldest);
      }
    }
    use(key, own);
    // A projection that throws leaves the state as it was.
    if (poison === 'project') answer(offset, key, 'poison');
    else answer(offset, key, bitsOf((own.stream as unknown as (x: unknown) => Float32Array)(x)));
  }

  for (const [i, trial] of events.entries()) {
    const offset = i + 1;
    if (trial.poison === 'decode') {
      answer(offset, trial.key, 'poison');
      continue;
    }
    if (late !== 'arrival' && trial.at < latest - lateness) {
      if (late !== 'drop') answer(offset, trial.key, 'late');
      continue;
    }
    latest = Math.max(latest, trial.at);
    if (late !== 'reorder') {
      step(trial, offset);
      continue;
    }
    waiting.push({ trial, offset });
    waiting.sort((a, b) => a.trial.at - b.trial.at || a.offset - b.offset);
    while (waiting.length && waiting[0].trial.at <= latest - lateness) {
      const { trial: next, offset: its } = waiting.shift() as (typeof waiting)[0];
      step(next, its);
    }
  }
  const states = new Map<string, string>();
  for (const [key, { stream }] of streams) {
    const { h, c } = stream.state as Record<'h' | 'c', Float32Array>;
    states.set(key, bitsOf([...h, ...c]));
  }
  return { answers, states };
}
