import { checkNames, demand } from '../errors.js';
import { type Backend, backends } from '../kernels/backends.js';
import type { BirthOptions, Machine } from './any-machine.js';
import type { AnyCell } from './cell.js';
import type { Snapshot } from './snapshot.js';

/** Who is told of every state: an observer, or a function. */
export type StateObserver<S = unknown> =
  | { next(snapshot: Snapshot<S>): void }
  | ((snapshot: Snapshot<S>) => void);

/** The configuration of a stream, in its untyped form; see `RecurConfig` for the meaning. */
export interface SessionConfig {
  readonly initialState?: unknown;
  readonly restore?: unknown;
  readonly state?: StateObserver<never> | undefined;
  readonly select?: ((event: never) => unknown) | undefined;
  readonly project?: ((output: never, event: never) => unknown) | undefined;
  readonly chunks?: boolean | undefined;
  readonly backend?: Backend | undefined;
  readonly reuse?: boolean | undefined;
  readonly transferable?: boolean | undefined;
  /** Makes what steps its machine and does more: looks ahead, or reads what goes on. */
  readonly ahead?: BeginBeside | undefined;
}

/** What steps a stream's machine, and does more beside it. */
export interface Beside {
  /** Answers the `index`-th event of a stream. */
  step(machine: Machine, x: unknown, index: number): unknown;
  /** Is called once the step is done. */
  done?(): void;
  release?(): void;
}

/** Makes it for a model: anew for other parameters. */
export type BeginBeside = (cell: AnyCell, options: BirthOptions) => Beside;

type Fits = readonly [fits: (value: unknown) => boolean, expected: string];

const isFunction = (value: unknown) => typeof value === 'function';
const whatever: Fits = [() => true, ''];
const callback: Fits = [isFunction, 'a function'];
const flag: Fits = [value => typeof value === 'boolean', 'true or false'];

/** What fits each option of a stream; `whatever` is checked where it is used. */
const options: Readonly<Record<string, Fits>> = {
  initialState: whatever,
  restore: whatever,
  state: [
    observer => isFunction(observer) || isFunction((observer as { next?: unknown } | null)?.next),
    'a function or an observer',
  ],
  select: callback,
  project: callback,
  chunks: flag,
  backend: whatever,
  reuse: flag,
  transferable: flag,
  reset: whatever,
  weights: whatever,
  onInvalid: [
    value => isFunction(value) || value === 'error' || value === 'skip',
    "'error', 'skip' or a function",
  ],
};

/** The names of the options of a stream. */
export const streamOptions = /* @__PURE__ */ Object.keys(options);

/** Throws a RecurError for options that do not fit. */
export function checkConfig(where: string, config: SessionConfig, known: readonly string[]): void {
  checkNames(where, config, known);
  for (const [name, value] of Object.entries(config)) {
    const [fits, expected] = options[name] ?? whatever;
    demand(value === undefined || fits(value), `${where}.${name}`, expected, value);
  }
  const { backend, reuse, transferable } = config;
  demand(!(reuse && transferable), `${where}.reuse`, 'none with transferable', reuse);
  if (backend !== undefined) {
    const found = backends();
    demand(found.includes(backend), `${where}.backend`, `one of ${found.join(', ')}`, backend);
  }
}
