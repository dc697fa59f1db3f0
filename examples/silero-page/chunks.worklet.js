registerProcessor(
  'chunks',
  class extends AudioWorkletProcessor {
    chunk = new Float32Array(512);
    filled = 0;

    process([[samples]]) {
      if (samples) {
        this.chunk.set(samples, this.filled);
        this.filled = (this.filled + samples.length) % 512;
        if (this.filled === 0) this.port.postMessage(this.chunk);
      }
      return true;
    }
  },
);
