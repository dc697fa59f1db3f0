// The jobs that chaos is done to: their models, and what their events ask for. Shared by workers
// and checker; of the library they have only models.
import { filter, map } from 'rxjs';
import { chain, defineCell, dense, lstm, recur, stateful } from '../../dist/index.js';
import { jsonOf } from './plain.mjs';

export const partitions = 6;

/**
 * An event's value: two numbers, and when it happened, in milliseconds since the start. One in 50
 * resets its key, one in 100 is no vector of two, one in 100 has its key given up; most are less
 * than 80 ms late, one in 50 a second.
 */
export function drawValue(next, now) {
  const [choice, lag, a, b] = [next(), next(), next() - 0.5, next() - 0.5];
  const at = Math.round(now - (lag < 0.02 ? 1000 : 80 * lag));
  if (choice < 0.01) return { x: [a], at };
  if (choice < 0.03) return { x: [a, b], at, reset: true };
  return choice < 0.04 ? { x: [a, b], at, evict: true } : { x: [a, b], at };
}

const keysOf = wanted => events =>
  events.pipe(
    filter(({ value }) => value[wanted]),
    map(({ key }) => key),
  );

/** A job whose states are float32 numbers: `stateOf` makes a state of them, `numbersOf` them. */
const packed = ({ modelOf, numbersOf, stateOf, inputOf, ...rest }) => ({
  ...rest,
  options: { model: modelOf(0), select: ({ value }) => inputOf(value), ...rest.options },
  refuses: ({ x }) => x.length !== 2,
  paramsOf: set => modelOf(set).params,
  /** A key's stream of its own, with a parameter set, at a state or at the beginning. */
  open(set, numbers) {
    const initialState = numbers && stateOf(numbers);
    const model = modelOf(0);
    const stream = stateful(model, { backend: 'simd', ...(numbers && { initialState }) });
    const use = other => stream.use(modelOf(other).params);
    if (set) use(set);
    return {
      use,
      step: value => jsonOf(stream(inputOf(value))),
      state: () => new Uint32Array(Float32Array.from(numbersOf(stream.state)).buffer).join(),
    };
  },
});

const networkOf = once(set =>
  chain(lstm(2, 16, { seed: 1 + 10 * set }), dense(16, 3, { seed: 2 })),
);
const lstmJob = {
  modelOf: networkOf,
  inputOf: ({ x }) => x,
  numbersOf: ([{ h, c }]) => [...h, ...c],
  stateOf: numbers => [{ h: numbers.subarray(0, 16), c: numbers.subarray(16) }, undefined],
};

/** Two inputs and two outputs, by name. */
const gatedCell = defineCell(
  'Gated',
  `
  g  = σ(W_g level + U_g h)
  n  = φ(W_n flow + U_n (g * h))
  h' = (1 - g) * h + g * n
  alarm = σ(V_a h')
  `,
  { inputs: { level: 'input', flow: 'input' }, outputs: ['alarm', 'h'] },
);
const gatedOf = once(set =>
  recur(gatedCell({ level: 1, flow: 1 }, 12, { seed: 1 + set, projectionSize: 2 })),
);

/** Means that forget, by a plain function: its state is no vector, its outputs are JSON. */
function means({ count, mean, seen }, x) {
  if (x.length !== 2) throw new Error('two numbers');
  const now = mean.map((m, i) => 0.9 * m + 0.1 * x[i]);
  const next = { count: count + 1, mean: now, seen: `${seen}${x[0] < 0 ? '-' : '+'}`.slice(-4) };
  return [next, { count: next.count, mean: now, ratio: now[0] / (x[1] > 0.4 ? 0 : 1), seen }];
}
const start = { count: 0, mean: [0, -0], seen: '' };

/**
 * By name: `options` of `durable`; what a checker has to know beside: `idle`, `maxKeys`, `late`;
 * `isBorn`: an event that the model refuses begins its key; `keepsAll`: no record is purged, so
 * that the checker sees what was asked for from outside: `swaps` of parameters, and `changes` of
 * states.
 */
export const jobs = {
  lstm: packed({
    ...lstmJob,
    idle: 400,
    options: { idle: 400, reset: keysOf('reset') },
    resets: true,
  }),
  reorder: packed({
    ...lstmJob,
    ...{ idle: 400, late: 'reorder', lateness: 60, evicts: true },
    options: {
      ...{ idle: 400, late: 'reorder', lateness: 60, evict: keysOf('evict') },
      time: ({ value }) => value.at,
    },
  }),
  ports: packed({
    ...{ modelOf: gatedOf, numbersOf: h => h, stateOf: numbers => numbers },
    inputOf: ({ x: [level, flow] }) => ({ level: [level], flow: [flow] }),
    ...{ idle: 400, late: 'side output', lateness: 100, resets: true },
    ...{ swaps: true, changes: true, keepsAll: true },
    options: {
      ...{ idle: 400, late: 'side output', lateness: 100, reset: keysOf('reset') },
      time: ({ value }) => value.at,
    },
  }),
  function: {
    ...{ maxKeys: 20, late: 'drop', lateness: 100, resets: true, evicts: true },
    ...{ changes: true, keepsAll: true, isBorn: true },
    options: {
      ...{ model: means, initialState: start, maxKeys: 20, late: 'drop', lateness: 100 },
      ...{ select: ({ value }) => value.x, reset: keysOf('reset'), evict: keysOf('evict') },
      time: ({ value }) => value.at,
    },
    refuses: ({ x }) => x.length !== 2,
    open(_, state = start) {
      let own = state;
      return {
        step({ x }) {
          const [next, y] = means(own, x);
          own = next;
          return jsonOf(y);
        },
        state: () => jsonOf(own),
      };
    },
  },
};

/** The jobs of a campaign; where events are forgotten nobody could tell later when they came. */
export function jobsOf(names, forget) {
  const all = names.map(name => ({ ...jobs[name], name }));
  if (!forget) return all;
  return all.map(({ idle: _, options, ...job }) => {
    const { idle: _idle, ...rest } = options;
    return { ...job, options: { ...rest, forget: true } };
  });
}

function once(make) {
  const made = new Map();
  return set => {
    if (!made.has(set)) made.set(set, make(set));
    return made.get(set);
  };
}
