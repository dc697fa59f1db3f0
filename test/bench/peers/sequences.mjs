// Layers that loop over the steps of a window or a sequence: works for meter.mjs, an event at a
// time.
import { Subject } from 'rxjs';
import * as rxrecur from '../../../dist/index.js';
import { chunkSize, silero } from '../../../examples/silero/network.mjs';
import { columnsOf, inputs } from '../nets.mjs';

const { averagePool1d, bidirectional, chain, conv1d, gru, last, lstm, stack, window } = rxrecur;
const { recur, recurBy, stateful } = rxrecur;

/** Steps of a window. */
export const windowSteps = 16;

/** Numbers between −0.1 and 0.1, so that what many layers make of them stays in bounds. */
function numbers(length) {
  let state = length;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.2 * (state / 2 ** 32 - 0.5);
  });
}

/** Silero's tensors by name, with numbers of no meaning: so it needs no file. */
function sileroTensors() {
  const lengths = {
    'stft.forward_basis_buffer': 258 * 256,
    'decoder.rnn.weight_ih': 512 * 128,
    'decoder.rnn.weight_hh': 512 * 128,
    'decoder.rnn.bias_ih': 512,
    'decoder.rnn.bias_hh': 512,
    'decoder.decoder.2.weight': 128,
    'decoder.decoder.2.bias': 1,
  };
  const widths = [129, 128, 64, 64, 128];
  for (let i = 0; i < 4; i++) {
    const name = `encoder.${i}.reparam_conv`;
    lengths[`${name}.weight`] = widths[i + 1] * widths[i] * 3;
    lengths[`${name}.bias`] = widths[i + 1];
  }
  return Object.fromEntries(
    Object.entries(lengths).map(([name, length]) => [`model.${name}`, numbers(length)]),
  );
}

/** A convolution over the steps of a window, then a GRU, of which the last output counts. */
const convGru = () =>
  window(
    windowSteps,
    chain(conv1d(4, 8, 3, { padding: 1, seed: 1 }), gru(8, 8, { seed: 2 }), last(8)),
  );

/** Events `of(t)` for t from 0 to 15, in turn. */
function feeding(answer, of) {
  const events = Array.from({ length: 16 }, (_, t) => of(t));
  let t = 0;
  return {
    per: 1,
    unlike: true,
    run(n) {
      for (let i = 0; i < n; i++) answer(events[t++ & 15]);
    },
  };
}

const vectors = size => {
  const xs = inputs(size);
  return t => xs[t];
};

const stepped = (model, size) => feeding(stateful(model), vectors(size));

const mapped = (model, size, steps) => {
  const m = stateful(model);
  const xs = inputs(size);
  const sequence = Array.from({ length: steps }, (_, t) => xs[t & 15]);
  return feeding(m.map, () => sequence);
};

/** A subject's `next`, where an operator is subscribed to it; throws what it notifies. */
function subscribed(operator) {
  const source = new Subject();
  let answers = 0;
  source.pipe(operator).subscribe({
    next: () => answers++,
    error: error => {
      throw error;
    },
  });
  return event => source.next(event);
}

const inChunks = (model, size, steps) =>
  feeding(subscribed(recur(model, { chunks: true })), () => columnsOf(size, steps));

const keys = 1024;

function keyed(batch) {
  const model = chain(convGru(), gru(8, 8, { seed: 3 }));
  const next = subscribed(recurBy(model, { key: e => e.key, select: e => e.x, ...batch }));
  const xs = inputs(4 * windowSteps);
  let k = 0;
  return feeding(
    x => {
      // Coprime to the count of keys: each once before any comes again.
      k = (k + 79) % keys;
      next({ key: k, x });
    },
    t => xs[t],
  );
}

const gruSteps = () => {
  const m = stateful(gru(8, 8, { seed: 2 }));
  return feeding(
    xs => {
      for (const x of xs) m(x);
    },
    () => inputs(8),
  );
};

/**
 * Each work by its name: what makes it, and at most how many times as long as before it may take.
 */
export const works = {
  silero: {
    what: "Silero's network, a chunk of 512 samples",
    make: () => stepped(silero(sileroTensors()), chunkSize),
    atMost: 0.6,
  },
  'window-conv-gru': {
    what: 'window of 16 × (conv1d 4 → 8 + GRU 8), last',
    make: () => stepped(convGru(), 4 * windowSteps),
    atMost: 0.65,
  },
  'gru-steps': { what: '16 steps of a GRU 8, one by one, to compare', make: gruSteps },
  bidirectional: {
    what: 'bidirectional LSTM 64, map of 100 steps',
    make: () => mapped(bidirectional(lstm(64, 64, { seed: 1 })), 64, 100),
    atMost: 0.8,
  },
  'bidirectional-chunk': {
    what: 'the same, a chunk [64, 100]',
    make: () => inChunks(bidirectional(lstm(64, 64, { seed: 1 })), 64, 100),
  },
  'conv-chunk': {
    what: 'conv1d 8 → 16 of 3 steps, a chunk of 1,000',
    make: () => inChunks(conv1d(8, 16, 3, { padding: 1, seed: 1 }), 8, 1000),
  },
  'group-conv-chunk': {
    what: 'the same in 4 groups',
    make: () => inChunks(conv1d(8, 16, 3, { padding: 1, groups: 4, seed: 1 }), 8, 1000),
  },
  'average-pool-chunk': {
    what: 'averagePool1d of 4 steps, 8 wide, a chunk of 1,000',
    make: () => inChunks(averagePool1d(8, 4), 8, 1000),
  },
  'window-stack': {
    what: 'window of 16 × 2 GRUs 16, last',
    make: () => {
      const grus = stack(2, i => gru(16, 16, { seed: i + 1 }));
      return stepped(window(windowSteps, chain(grus, last(16))), 16 * windowSteps);
    },
  },
  'window-batch': {
    what: 'window of 16 × (conv1d + GRU 8), a batch of 64',
    make: () => feeding(stateful(convGru()), () => columnsOf(4 * windowSteps, 64)),
  },
  'window-keys': {
    what: 'the window + GRU 8, 1,024 keys by recurBy',
    make: () => keyed({}),
  },
  'window-key-batches': {
    what: 'the same in batches of 64 events',
    make: () => keyed({ batch: { maxSize: 64, maxDelay: 1000 } }),
  },
};

/** What meter.mjs asks for; the work's name stands where the others have a cell. */
export const sequences = ({ cell }) =>
  cell in works ? works[cell].make() : { none: `no work named ${cell}` };
