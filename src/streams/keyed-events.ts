import type { RecurError } from '../errors.js';
import type { BirthConfig } from './key-births.js';
import type { Snapshot } from './snapshot.js';

/** Why a key's state was given up: its age, the number of keys, or because it was told to. */
export type Reason = 'idle' | 'count' | 'evict';

/** How events become steps of keyed streams, in its untyped form; see `RecurByConfig`. */
export interface KeyedConfig extends BirthConfig {
  readonly key: (event: never) => unknown;
  readonly select?: ((event: never) => unknown) | undefined;
  readonly project?: ((output: never, event: never, key: never) => unknown) | undefined;
  readonly maxKeys?: number | undefined;
}

/** Who is told of what happens to keys; each is absent where nobody listens. */
export interface KeyedEvents {
  evicted?(key: unknown, reason: Reason, snapshot: Snapshot): void;
  restored?(key: unknown, snapshot: Snapshot): void;
  /** A datum that was dropped, the states untouched; may throw, which ends the stream. */
  invalid(error: RecurError, event: unknown, key: unknown): void;
}
