// processor.js, bundled into one file: a worklet knows no import maps
import { chainCell, denseCell, gruCell, stateful } from 'rxrecur/core';

class Filter extends AudioWorkletProcessor {
  constructor({ processorOptions: { params, snapshot } }) {
    super();
    const [first, last] = params;
    const cell = chainCell(gruCell(1, 16, { params: first }), denseCell(16, 1, { params: last }));
    this.x = new Float32Array(1);
    // Compiled, and called often enough to be compiled with care, before the first sample.
    const scratch = stateful(cell, { reuse: true });
    for (let i = 0; i < 2000; i++) scratch(this.x);
    this.m = stateful(cell, { reuse: true, restore: snapshot });
    this.port.onmessage = ({ data }) => {
      if (data === 'reset') this.m.reset();
      if (data === 'snapshot') this.port.postMessage(this.m.snapshot());
    };
  }

  process([[input]], [[output]]) {
    if (!input) return true;
    for (let t = 0; t < input.length; t++) {
      this.x[0] = input[t];
      output[t] = this.m(this.x)[0];
    }
    return true;
  }
}
registerProcessor('filter', Filter);
