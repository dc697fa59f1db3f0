import { from } from 'rxjs';
import { expect, test } from 'vitest';
import {
  chain,
  dense,
  gru,
  type Keyed,
  keyedSnapshots,
  type Snapshot,
  stateful,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { signal } from '../laws/streams.js';
import { keyedOf } from '../operators/keyed.js';

const formats = ['float16', 'int8'] as const;

test.each(formats)('a stream goes on in the model of a file of %s, bit for bit', weights => {
  const model = chain(gru(2, 5, { seed: 1 }), dense(5, 1, { seed: 2 }));
  const file = save(model, { weights });
  const steps = signal(3, 2, 8) as number[][];
  const whole = stateful(load(file)).map(steps as never);
  const first = stateful(load(file));
  first.map(steps.slice(0, 4) as never);
  const snapshot = JSON.parse(JSON.stringify(first.snapshot()));
  const second = stateful(load(file), { restore: snapshot });
  sameBits(second.map(steps.slice(4) as never), (whole as unknown[]).slice(4));
  // The digest of the parameters is that of the rounded ones; a state fits either model.
  const { graph, weights: digest } = stateful(model).snapshot() as Snapshot;
  expect(snapshot.graph).toBe(graph);
  expect(snapshot.weights).not.toBe(digest);
  expect(snapshot.weights).toBe(stateful(load(save(load(file)))).snapshot().weights);
  const other = stateful(model, { restore: snapshot });
  sameBits(other.state, first.state);
});

test.each(formats)('keys go on in the model of a file of %s, bit for bit', weights => {
  const file = save(gru(1, 3, { seed: 1 }), { weights });
  const events = signal(4, 1, 12).map((x, i) => ({ id: `k${i % 3}`, x }));
  const run = (...parts: (typeof events)[]) => {
    const answers: unknown[] = [];
    let bytes: Uint8Array | undefined;
    for (const part of parts) {
      let keyed: Keyed<unknown> | undefined;
      const operator = keyedOf(load(file), {
        key: ({ id }: (typeof events)[number]) => id,
        select: ({ x }: (typeof events)[number]) => x,
        keyed: (own: Keyed<unknown>) => void (keyed = own),
        ...(bytes && { restore: keyedSnapshots(bytes) }),
      });
      const complete = () => void (bytes = keyed?.snapshots());
      from(part)
        .pipe(operator)
        .subscribe({ next: y => answers.push(y), complete });
    }
    return answers;
  };
  const whole = run(events);
  expect(whole).toHaveLength(12);
  sameBits(run(events.slice(0, 5), events.slice(5)), whole);
});
