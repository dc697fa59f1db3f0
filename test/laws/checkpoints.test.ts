import fc from 'fast-check';
import { type Observable, of, Subject } from 'rxjs';
import { expect } from 'vitest';
import { type Evicted, type Keyed, keyedSnapshots, type Snapshot } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { keyedOf, type Tagged, tagged } from '../operators/keyed.js';
import { sameBits } from './bits.js';
import { law, lawInTime } from './law.js';
import { emitted, type Net, netOf, someNet } from './nets.js';
import { signal, someSeed } from './streams.js';

// Checkpoints of keyed states: nothing is lost by a stop, and nothing is changed by a look.

const someKeys = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 30 });
const someBatch = fc.constantFrom(undefined, 1, 3, 64);
const someBackend = fc.constantFrom(undefined, ...backends());
const someWay = fc.constantFrom('restore', 'promise', 'at once');

type States = Map<unknown, Snapshot>;

const withBatch = (maxSize?: number) => maxSize && { batch: { maxSize, maxDelay: 1e6 } };

function eventsOf(keys: readonly number[], size: number, seed: number): Tagged[] {
  return signal(seed, size, keys.length).map((x, at) => ({ key: keys[at], at, x }));
}

/** Takes events by hand; what was emitted, and its keys. */
function running(net: Net, config: object) {
  const source = new Subject<Tagged>();
  const outputs: unknown[] = [];
  let keyed: Keyed<number> | undefined;
  const told = (own: Keyed<number>) => void (keyed = own);
  const operator = keyedOf(net, { ...tagged, keyed: told, ...config });
  source.pipe(operator).subscribe({
    next: output => outputs.push(output),
    error: error => outputs.push(String(error)),
  });
  return { source, outputs, keyed: keyed as unknown as Keyed<number> };
}

/** What a subscription that was stopped before event `cut` left behind: all that it stepped. */
function stopped(net: Net, events: readonly Tagged[], config: object): Uint8Array {
  let bytes = new Uint8Array();
  let keyed: Keyed<number> | undefined;
  const told = (own: Keyed<number>) => void (keyed = own);
  of(...events)
    .pipe(keyedOf(net, { ...tagged, ...config, keyed: told }))
    .subscribe({ complete: () => (bytes = keyed?.snapshots() ?? bytes) });
  return bytes;
}

function resumed(way: string, bytes: Uint8Array): object {
  const snapshots = keyedSnapshots<number>(bytes);
  if (way === 'restore') return { restore: snapshots };
  if (way === 'promise') return { restore: async (key: number) => snapshots.get(key) };
  return { keyed: (keyed: Keyed<number>) => keyed.restore(snapshots) };
}

function arrived(source: Observable<unknown>): Promise<unknown[]> {
  const outputs: unknown[] = [];
  return new Promise((resolve, reject) => {
    const complete = () => resolve(outputs);
    source.subscribe({ next: output => outputs.push(output), error: reject, complete });
  });
}

const byNumber = (outputs: readonly unknown[]) =>
  [...(outputs as { at: number; y: unknown }[])].sort((a, b) => a.at - b.at).map(({ y }) => y);

lawInTime(
  'a stop anywhere, a checkpoint and a restored subscription give the bits of one that never stopped',
  [someNet, someKeys, fc.nat({ max: 30 }), someBatch, someBackend, someWay, someSeed],
  async (spec, keys, when, maxSize, backend, way, seed) => {
    const net = netOf(spec);
    const events = eventsOf(keys, spec.inputSize, seed);
    const cut = Math.min(when, events.length);
    const config = { ...withBatch(maxSize), backend };
    const bytes = stopped(net, events.slice(0, cut), config);
    const rest = of(...events.slice(cut));
    const operator = keyedOf(net, { ...tagged, ...config, ...resumed(way, bytes) });
    const got = await arrived(rest.pipe(operator));
    const want = emitted(keyedOf(net, { ...tagged, ...config }), events).slice(cut);
    sameBits(byNumber(got), byNumber(want));
  },
);

/** What is done between events. */
const someActs = fc.array(fc.constantFrom('all', 'changed', 'reset', 'evict', ''), {
  minLength: 30,
  maxLength: 30,
});

law(
  'checkpoints change no bit, and those of what changed give, one over another, the full one',
  [someNet, someKeys, someActs, someBatch, someSeed],
  (spec, keys, acts, maxSize, seed) => {
    const net = netOf(spec);
    const [reset, evict] = [new Subject<number>(), new Subject<number>()];
    const store: States = new Map();
    const evicted = ({ key }: Evicted<number>) => store.delete(key);
    const looked = running(net, { ...withBatch(maxSize), reset, evict, evicted });
    const alone = running(net, { ...withBatch(maxSize), reset, evict });
    const { keyed } = looked;
    const put = (changed: boolean) => {
      for (const [key, snapshot] of keyedSnapshots(keyed.snapshots({ changed }))) {
        store.set(key, snapshot);
      }
    };
    for (const [at, event] of eventsOf(keys, spec.inputSize, seed).entries()) {
      looked.source.next(event);
      alone.source.next(event);
      if (acts[at] === 'reset') reset.next(event.key);
      if (acts[at] === 'evict') evict.next(event.key);
      if (acts[at] === 'all') put(false);
      if (acts[at] === 'changed') put(true);
    }
    put(true);
    const full = new Map(keyedSnapshots(keyed.snapshots()));
    expect(new Set(store.keys())).toEqual(new Set(keyed.keys()));
    expect(new Set(full.keys())).toEqual(new Set(keyed.keys()));
    for (const [key, { layer, backend, batch, state }] of full) {
      const { state: own, ...header } = store.get(key) as Snapshot;
      expect(header).toMatchObject({ layer, backend, batch });
      sameBits(own, state);
    }
    expect(keyedSnapshots(keyed.snapshots({ changed: true })).size).toBe(0);
    looked.source.complete();
    alone.source.complete();
    sameBits(byNumber(looked.outputs), byNumber(alone.outputs));
  },
);
