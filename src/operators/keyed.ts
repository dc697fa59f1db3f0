import { checkNames, demand } from '../errors.js';
import type { KeyedStream } from '../streams/keyed-stream.js';
import type { SnapshotInput } from '../streams/stateful.js';
import type { Keyed } from './keyed-config.js';

/** The keys of one subscription, for its user. */
export function keysOf(stream: KeyedStream): Keyed<unknown> {
  return {
    get size() {
      return stream.size;
    },
    keys: () => stream.keys(),
    snapshots(options = {}) {
      checkNames('keyed.snapshots', options, ['changed']);
      const { changed = false } = options;
      demand(typeof changed === 'boolean', 'keyed.snapshots.changed', 'true or false', changed);
      return stream.checkpoint(changed);
    },
    restore(snapshots: Iterable<readonly [unknown, SnapshotInput]>) {
      const expected = 'pairs of a key and a snapshot, such as a Map';
      const isIterable = typeof Object(snapshots)[Symbol.iterator] === 'function';
      demand(isIterable, 'keyed.restore', expected, snapshots);
      for (const [key, snapshot] of snapshots) stream.restore(key, snapshot);
    },
  };
}
