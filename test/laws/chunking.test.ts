import fc from 'fast-check';
import { filter } from 'rxjs';
import { isNdArray, sliceAt } from '../../src/arrays/ndarray.js';
import { type Snapshot, snapshotFromBytes, stateful, type Vec } from '../../src/index.js';
import { columnOf, numbersOf, sameBits, sameNumbers } from './bits.js';
import { law } from './law.js';
import { emitted, folded, netOf, recurOf, someNet } from './nets.js';
import {
  batched,
  forms,
  generator,
  inForm,
  pieces,
  signal,
  someForm,
  someSeed,
  someSteps,
  view,
} from './streams.js';

// Law 4, chunking: however a stream is cut, batched, stopped and written, the numbers are the same.

const someBatch = fc.integer({ min: 1, max: 4 });

/** A sequence of vectors as one ndarray `[features, steps]`. */
function matrixOf(sequence: readonly number[][], size: number, seed: number) {
  const values = Array.from({ length: size }, (_, i) => sequence.map(x => x[i])).flat();
  return view(values, [size, sequence.length], generator(seed));
}

/** The outputs of a chunk, one a step, from a list or from an ndarray with steps on axis 1. */
function stepsOf(chunk: unknown): unknown[] {
  if (!isNdArray(chunk)) return chunk as unknown[];
  return Array.from({ length: chunk.shape[1] }, (_, t) => sliceAt(chunk, 1, t));
}

law(
  'the form of the data does not change the numbers',
  [someNet, someSteps, someSeed],
  (spec, steps, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, steps);
    const { outputs } = folded(net, stream);
    for (const form of forms) {
      sameNumbers(
        emitted(
          net,
          stream.map(x => inForm(form, x, random)),
        ),
        outputs,
      );
    }
    const mixed = stream.map(x => inForm(forms[Math.floor(random() * 5)], x, random));
    sameNumbers(emitted(net, mixed), outputs);
  },
);

law(
  'one by one, whole, and in random chunks are the same, in a list and in an ndarray',
  [someNet, someSteps, someForm, someSeed],
  (spec, steps, form, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, steps);
    const { outputs } = folded(net, stream);
    const chunked = recurOf(net, { chunks: true });
    const whole = stream.map(x => inForm(form, x, random));
    sameNumbers(stepsOf(emitted(chunked, [whole])[0]), outputs);
    sameNumbers(emitted(chunked, pieces(whole, random)).flatMap(stepsOf), outputs);
    const matrices = pieces(stream, random).map(piece => matrixOf(piece, spec.inputSize, seed));
    sameNumbers(emitted(chunked, matrices).flatMap(stepsOf), outputs);
    const mapped = stateful(net);
    sameNumbers(
      matrices.flatMap(matrix => stepsOf(mapped.map(matrix))),
      outputs,
    );
  },
);

law(
  'each column of a batch is its own stream, its states too',
  [someNet, someSteps, someBatch, someSeed],
  (spec, steps, batch, seed) => {
    const net = netOf(spec);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, steps),
    );
    const stream = batched(columns, generator(seed)).slice(0, steps);
    const outputs = emitted(net, stream);
    for (const [j, column] of columns.entries()) {
      const wanted = folded(net, column).outputs;
      sameBits(
        outputs.map(y => columnOf(y, j)),
        wanted.map(numbersOf),
      );
    }
  },
);

law(
  'a chunk [features, steps, batch] is its steps, each a batch',
  [someNet, fc.integer({ min: 1, max: 6 }), someBatch, someSeed],
  (spec, steps, batch, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, steps),
    );
    const values = Array.from({ length: spec.inputSize }, (_, i) =>
      columns[0].flatMap((_, t) => columns.map(column => column[t][i])),
    ).flat();
    const cube = view(values, [spec.inputSize, steps, batch], random);
    const [chunk] = emitted(recurOf(net, { chunks: true }), [cube]);
    sameNumbers(stepsOf(chunk), emitted(net, batched(columns, random)));
  },
);

/** The ways that a snapshot can take from one run to the next. */
const ways: Record<string, (snapshot: Snapshot) => unknown> = {
  'as it is': snapshot => snapshot,
  'as JSON text': snapshot => JSON.parse(JSON.stringify(snapshot)),
  'as bytes': snapshot => snapshotFromBytes(snapshot.toBytes()),
  'as bytes inside a larger buffer': snapshot => {
    const bytes = snapshot.toBytes();
    const larger = new Uint8Array(bytes.length + 16).fill(255);
    larger.set(bytes, 7);
    return snapshotFromBytes(larger.subarray(7, 7 + bytes.length));
  },
  'as JSON of the bytes': snapshot =>
    JSON.parse(JSON.stringify(snapshotFromBytes(snapshot.toBytes()))),
};

law(
  'stopped, written down and resumed, a stream goes on as if it had not stopped',
  [someNet, someSteps, someSteps, someBatch, fc.constantFrom(...Object.keys(ways)), someSeed],
  (spec, before, after, batch, way, seed) => {
    const net = netOf(spec);
    const columns = Array.from({ length: batch }, (_, j) =>
      signal(seed + j, spec.inputSize, before + after),
    );
    const single: Vec[] = columns[0];
    const streams = [single, batched(columns, generator(seed)).slice(0, before + after)];
    for (const stream of streams) {
      const { outputs, state } = folded(net, stream);
      const first = stateful(net);
      const begun = stream.slice(0, before).map(x => first(x));
      const kept = ways[way](first.snapshot());
      const restored = recurOf(net, { restore: kept });
      sameBits([...begun, ...emitted(restored, stream.slice(before))], outputs);
      const second = stateful(net);
      for (const x of signal(seed + 9, spec.inputSize, 2)) second(x);
      second.restore(kept as Snapshot);
      sameBits(
        stream.slice(before).map(x => second(x)),
        outputs.slice(before),
      );
      if (stream.length) sameBits(second.state, state);
    }
  },
);

law(
  'a snapshot that the reset emits is where the stream goes on',
  [someNet, someSteps, someSteps, fc.constantFrom(...Object.keys(ways)), someSeed],
  (spec, before, after, way, seed) => {
    const net = netOf(spec);
    const stream = signal(seed, spec.inputSize, before + after);
    const first = stateful(net);
    for (const x of stream.slice(0, before)) first(x);
    const kept = ways[way](first.snapshot());
    const aside = signal(seed + 1, spec.inputSize, 3);
    const events = [...aside, kept, ...stream.slice(before)];
    const model = recurOf(net, {
      reset: filter(event => event === kept),
      select: (event: unknown) => (event === kept ? aside[0] : event),
    });
    const outputs = emitted(model, events).slice(aside.length + 1);
    const wanted = folded(net, [aside[0], ...stream.slice(before)], first.state).outputs.slice(1);
    sameBits(outputs, wanted);
  },
);
