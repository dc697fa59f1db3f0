import fc from 'fast-check';
import { Subject } from 'rxjs';
import { expect } from 'vitest';
import { type Keyed, keyedSnapshots, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { keyedOf, type Tagged, tagged } from '../operators/keyed.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import { type Net, netOf, recurOf, someNet } from './nets.js';
import { signal, someSeed } from './streams.js';
import { netsFor } from './swaps.js';

const someKeys = fc.array(fc.nat({ max: 4 }), { maxLength: 20 });
const someSwaps = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
const someBatch = fc.constantFrom(undefined, 1, 3, 64);

/** Runs events of keys, each after the set of its net where there is a new one. */
function run(net: Net, config: object, swaps: readonly boolean[], nets: readonly Net[]) {
  const [source, weights] = [new Subject<Tagged>(), new Subject<unknown>()];
  const outputs: { at: number; y: unknown }[] = [];
  source.pipe(keyedOf(net, { ...tagged, ...config, weights }) as never).subscribe(y => {
    outputs.push(y as never);
  });
  return {
    outputs,
    source,
    send(event: Tagged) {
      if (swaps[event.at]) weights.next(nets[event.at].params);
      source.next(event);
    },
  };
}

/** What recur makes of one key's events, with the sets that came to all. */
function alone(
  net: Net,
  key: number,
  events: readonly Tagged[],
  swaps: readonly boolean[],
  nets: readonly Net[],
  backend: unknown,
) {
  const [source, weights] = [new Subject<unknown>(), new Subject<unknown>()];
  const outputs: unknown[] = [];
  const operator = recurOf(net, { weights, backend });
  const subscription = source.pipe(operator as never).subscribe(y => outputs.push(y));
  for (const event of events) {
    if (swaps[event.at]) weights.next(nets[event.at].params);
    if (event.key === key) source.next(event.x);
  }
  subscription.unsubscribe();
  return outputs;
}

law(
  'each key is recur with the same weights on its events alone, in batches too',
  [someNet, someKeys, someSwaps, someBatch, fc.constantFrom(undefined, ...backends()), someSeed],
  (spec, keys, swaps, maxSize, backend, seed) => {
    const net = netOf(spec);
    const nets = netsFor(spec, swaps);
    const stream = signal(seed, spec.inputSize, keys.length);
    const events = keys.map((key, at) => ({ key, at, x: stream[at] }));
    const batch = maxSize && { batch: { maxSize, maxDelay: 1e6 } };
    const { source, outputs, send } = run(net, { backend, ...batch }, swaps, nets);
    for (const event of events) send(event);
    source.complete();
    expect(outputs.map(({ at }) => at)).toEqual(events.map(({ at }) => at));
    for (const key of new Set(keys)) {
      const own = outputs.filter(({ at }) => keys[at] === key);
      sameBits(
        own.map(({ y }) => y),
        alone(net, key, events, swaps, nets, backend),
      );
    }
  },
);

law(
  'a checkpoint after a swap goes on in the model with the new weights',
  [someNet, someKeys, someSwaps, someSeed],
  (spec, keys, swaps, seed) => {
    const nets = netsFor(spec, swaps);
    const stream = signal(seed, spec.inputSize, keys.length + 1);
    let keyed: Keyed<unknown> | undefined;
    const config = {
      keyed(own: Keyed<unknown>) {
        keyed = own;
      },
    };
    const { outputs, send } = run(netOf(spec), config, swaps, nets);
    for (const [at, key] of keys.entries()) send({ key, at, x: stream[at] });
    const snapshots = keyedSnapshots(keyed?.snapshots() as Uint8Array);
    expect(new Set(snapshots.keys())).toEqual(new Set(keys));
    const now = keys.length ? nets[keys.length - 1] : netOf(spec);
    const x = stream[keys.length];
    for (const [key, snapshot] of snapshots) {
      expect(snapshot.weights).toBe(stateful(now).snapshot().weights);
      const y = stateful(now, { restore: snapshot })(x);
      send({ key: key as number, at: swaps.length, x });
      sameBits(outputs.at(-1)?.y, y);
    }
  },
);
