import fc from 'fast-check';
import { filter, map, type Observable } from 'rxjs';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/index.js';
import { chain, dense, lstm } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { keyedOf, type Tagged, tagged } from '../operators/keyed.js';
import { sameBits } from './bits.js';
import { law } from './law.js';
import { emitted, type Net, netOf, recurOf, someNet, someState } from './nets.js';
import { generator, inForm, signal, someForm, someSeed } from './streams.js';

// Every law per key: recurBy is recur on the events of each key alone.

const someBatch = fc.constantFrom(undefined, 1, 2, 3, 64, 100);
const someBackend = fc.constantFrom(undefined, ...backends());
const someKeys = fc.array(fc.nat({ max: 6 }), { maxLength: 30 });

/** What recur makes of each key's events, in the order of all events. */
function alone(net: Net, events: readonly Tagged[], config: object): unknown[] {
  const outputs: unknown[] = [];
  for (const key of new Set(events.map(event => event.key))) {
    const own = events.filter(event => event.key === key);
    const ys = emitted(
      recurOf(net, config),
      own.map(({ x }) => x),
    );
    for (const [i, { at }] of own.entries()) outputs[at] = ys[i];
  }
  return outputs;
}

function checkAlone(net: Net, events: readonly Tagged[], config: object, maxSize?: number): void {
  const batch = maxSize && { maxSize, maxDelay: 1e6 };
  const keyed = keyedOf(net, { ...config, ...tagged, ...(batch && { batch }) });
  const got = emitted(keyed, events) as { at: number; y: unknown }[];
  // In order of arrival, and each bit.
  expect(got.map(({ at }) => at)).toEqual(events.map(({ at }) => at));
  sameBits(
    got.map(({ y }) => y),
    alone(net, events, config),
  );
}

law(
  'each key is recur on its events alone, bit for bit, in order of arrival',
  [someNet, someKeys, someForm, someBatch, someBackend, fc.boolean(), someSeed],
  (spec, keys, form, maxSize, backend, begun, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, keys.length);
    const events = keys.map((key, at) => ({ key, at, x: inForm(form, stream[at], random) }));
    const initialState = begun ? someState(net, spec, seed) : undefined;
    checkAlone(net, events, { backend, initialState }, maxSize);
  },
);

law(
  'a layer that begins elsewhere does so for each key, and a state by key is that key’s',
  [someNet, someKeys, someBatch, someSeed],
  (spec, keys, maxSize, seed) => {
    const net = netOf(spec);
    const begun = recurOf(net, { initialState: someState(net, spec, seed) });
    const stream = signal(seed, spec.inputSize, keys.length);
    const events = keys.map((key, at) => ({ key, at, x: stream[at] }));
    checkAlone(begun, events, {}, maxSize);
    const states = [0, 1, 2, 3, 4, 5, 6].map(key => someState(net, spec, seed + key));
    const batch = maxSize && { batch: { maxSize, maxDelay: 1e6 } };
    const own = (key: number) => states[key];
    const got = emitted(keyedOf(net, { ...tagged, ...batch, initialState: own }), events);
    const want = keys.map(() => undefined) as unknown[];
    for (const key of new Set(keys)) {
      const mine = events.filter(event => event.key === key);
      const ys = alone(net, mine, { initialState: states[key] });
      for (const { at } of mine) want[at] = ys[at];
    }
    sameBits(
      (got as { y: unknown }[]).map(({ y }) => y),
      want,
    );
  },
);

law(
  'a key that is reset is born again, and the others go on',
  [someNet, someKeys, someBatch, fc.nat({ max: 29 }), fc.nat({ max: 6 }), someSeed],
  (spec, keys, maxSize, when, who, seed) => {
    const net = netOf(spec);
    const stream = signal(seed, spec.inputSize, keys.length);
    const events = keys.map((key, at) => ({ key, at, x: stream[at] }));
    const reset = (event$: unknown) => resetting(event$, when, who);
    const batch = maxSize && { batch: { maxSize, maxDelay: 1e6 } };
    const got = emitted(keyedOf(net, { ...tagged, ...batch, reset }), events);
    // As if its later events were another key's.
    const renamed = events.map(event => {
      const isLater = event.key === who && event.at >= when;
      return { ...event, key: isLater ? 100 : event.key };
    });
    sameBits(
      (got as { y: unknown }[]).map(({ y }) => y),
      alone(net, renamed, {}),
    );
  },
);

test.each([...backends()])('300 keys wait together on %s, and each is alone', backend => {
  const nets = [lstm(3, 16, { seed: 1 }), chain(lstm(3, 5, { seed: 2 }), dense(5, 2))];
  for (const net of nets as unknown as Net[]) {
    for (const maxSize of [1, 2, 64, 100, 300])
      checkAlone(net, many(900, 300), pin(backend), maxSize);
  }
});

const pin = (backend: Backend) => ({ backend });

/** Events of so many keys in turn. */
function many(count: number, keys: number): Tagged[] {
  return signal(7, 3, count).map((x, at) => ({ key: (at * 7) % keys, at, x }));
}

/** A notifier that resets `who` before the event of number `when`. */
function resetting(event$: unknown, when: number, who: number) {
  const events = event$ as Observable<Tagged>;
  return events.pipe(
    filter(({ at }) => at === when),
    map(() => who),
  );
}
