import ndarray from 'ndarray';
import { expect } from 'vitest';
import { isNdArray } from '../../src/arrays/ndarray.js';
import { stateful } from '../../src/index.js';
import { sameNumbers } from './bits.js';
import { law } from './law.js';
import { emitted, folded, netOf, recurOf, someNetThatChecks } from './nets.js';
import { batched, generator, signal, someSeed, someSteps, view } from './streams.js';

// Laws 3 and 4 for whoever brings scijs's own arrays: their class comes back, the numbers are the
// same.

/** An ndarray of any layout as scijs's class. */
function scijs({ data, shape, stride, offset }: ReturnType<typeof view>) {
  return ndarray(data as Float32Array, [...shape], [...stride], offset);
}

law(
  'scijs arrays of any layout give the numbers of plain vectors, as scijs arrays',
  [someNetThatChecks, someSteps, someSeed],
  (spec, steps, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const stream = signal(seed, spec.inputSize, steps);
    const arrays = stream.map(x => scijs(view(x, [x.length], random)));
    const outputs = emitted(net, arrays);
    sameNumbers(outputs, folded(net, stream).outputs);
    const isOwn = spec.members.some(({ kind }) => kind === 'stateless' || kind === 'accumulating');
    if (isOwn) return; // A function of the user's own answers in the class that it likes.
    for (const y of outputs) expect(y).toHaveProperty('pick');
  },
);

law(
  'scijs batches, transposed or not, are their columns',
  [someNetThatChecks, someSteps, someSeed],
  (spec, steps, seed) => {
    const net = netOf(spec);
    const random = generator(seed);
    const columns = [0, 1, 2].map(j => signal(seed + j, spec.inputSize, steps));
    const plain = steps ? batched(columns, random) : [];
    const lying = plain.map(({ data, shape, stride, offset }) =>
      ndarray(data as Float32Array, [shape[1], shape[0]], [stride[1], stride[0]], offset).transpose(
        1,
        0,
      ),
    );
    sameNumbers(emitted(net, lying), emitted(net, plain));
  },
);

law(
  'scijs chunks give scijs chunks',
  [someNetThatChecks, someSteps, someSeed],
  (spec, steps, seed) => {
    const net = netOf(spec);
    const stream = signal(seed, spec.inputSize, steps);
    const values = Array.from({ length: spec.inputSize }, (_, i) => stream.map(x => x[i])).flat();
    const plain = view(values, [spec.inputSize, steps], generator(seed));
    const [wanted] = emitted(recurOf(net, { chunks: true }), [plain]);
    const [got] = emitted(recurOf(net, { chunks: true }), [scijs(plain)]);
    if (isNdArray(wanted)) {
      expect(got).toHaveProperty('pick');
      sameNumbers([got], [wanted]);
    } else sameNumbers(got as unknown[], wanted as unknown[]);
  },
);

law(
  'scijs states are taken, and a state is given in the form of this library',
  [someNetThatChecks, someSeed],
  (spec, seed) => {
    const net = netOf({ ...spec, members: spec.members.slice(0, 1) });
    const [x, next] = signal(seed, spec.inputSize, 2);
    const { state } = folded(net, [x]);
    if (!(state instanceof Float32Array)) return;
    const asScijs = ndarray(state, [state.length]);
    const m = stateful(net, { initialState: asScijs });
    sameNumbers([m(next)], folded(net, [next], state).outputs);
    expect(m.state).toBeInstanceOf(Float32Array);
  },
);
