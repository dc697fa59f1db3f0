// Crowds of models, for models.mjs in Node and on its page. Each takes the library.

/** Makes models of so many shapes with so many sets of weights each, all alive; steps each once. */
export function many({ backend, chain, dense, gru, lstm, stateful }, shapes, sets) {
  const kinds = [lstm, gru];
  const alive = [];
  const count = {};
  const start = performance.now();
  for (let set = 0; set < sets; set++) {
    for (let shape = 0; shape < shapes; shape++) {
      const size = 1 + (shape >> 1);
      const inner = kinds[shape & 1](2, 1 + (size % 37), { seed: 1 });
      const model = chain(dense(1 + Math.floor(size / 37), 2, { seed: set }), inner);
      const y = stateful(model)(new Float32Array(model.inputSize));
      if (!y.every(Number.isFinite)) throw new Error('no answer');
      const name = backend(model);
      count[name] = (count[name] ?? 0) + 1;
      alive.push(model);
    }
  }
  return { count, models: alive.length, milliseconds: (performance.now() - start) / alive.length };
}

/** Makes, steps and drops models, with a turn of the event loop after each thousand. */
export async function cycles({ backend, lstm, stateful }, count, turn, report) {
  let portable = 0;
  for (let i = 0; i < count; i++) {
    const model = lstm(4, 8, { seed: i });
    stateful(model)(new Float32Array(4));
    if (backend(model) === 'portable') portable++;
    if (i % 1000 === 999) await turn();
    if ((i + 1) % (count / 10) === 0) report(i + 1, portable);
  }
}

/** The same without a turn: nothing is given back meanwhile. */
export function burst({ backend, lstm, stateful }, count) {
  let portable = 0;
  for (let i = 0; i < count; i++) {
    const model = lstm(4, 8, { seed: i });
    stateful(model)(new Float32Array(4));
    if (backend(model) === 'portable') portable++;
  }
  return portable;
}

/** Swaps the weights of one stream, back and forth, with a step after each. */
export function swaps({ chain, dense, lstm, stateful }, count, report) {
  const model = seed => chain(lstm(4, 8, { seed }), dense(8, 1, { seed }));
  const sets = [model(1).params, model(2).params];
  const m = stateful(model(1));
  const x = new Float32Array(4);
  for (let i = 0; i < count; i++) {
    m.use(sets[i & 1]);
    m(x);
    if ((i + 1) % (count / 10) === 0) report(i + 1);
  }
}
