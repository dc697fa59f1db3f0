import { digests } from './streams.js';

declare class AudioWorkletProcessor {
  readonly port: { postMessage(message: unknown): void };
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

class Digests extends AudioWorkletProcessor {
  constructor() {
    super();
    this.port.postMessage(digests());
  }

  process(): boolean {
    return false;
  }
}

registerProcessor('digests', Digests);
