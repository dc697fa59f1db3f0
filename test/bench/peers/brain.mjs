// brain.js 1.6.1, whose recurrent nets have no step: sequences of 50 with its own initial weights,
// and its obligatory output layer. What it calls an LSTM has other equations, so its numbers are
// not compared.
import brainjs from 'brain.js';
import { inputs } from '../nets.mjs';

const { LSTMTimeStep, GRUTimeStep, RNNTimeStep } = brainjs.recurrent;
const nets = { lstm: LSTMTimeStep, gru: GRUTimeStep, rnn: RNNTimeStep };
const steps = 50;

export function brain({ work, cell, size }) {
  if (work !== 'step' || !nets[cell]) return { none: 'single nets only' };
  const net = new nets[cell]({ inputSize: size, hiddenLayers: [size], outputSize: 1 });
  net.initialize();
  // It refuses to run what was never trained, and tells that by this.
  net.bindEquation();
  const xs = inputs(size);
  const sequence = Array.from({ length: steps }, (_, t) => Array.from(xs[t & 15]));
  return {
    per: steps,
    unlike: true,
    run(n) {
      let y;
      for (let i = 0; i < n; i++) y = net.run(sequence);
      if (!y) throw new Error('brain.js did not run');
      return y;
    },
  };
}
