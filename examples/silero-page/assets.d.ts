/** A file's address, as Vite gives it. */
declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*/network.mjs' {
  import type { Cell } from 'rxrecur/core';

  export const rate: 16000;
  export const chunkSize: 512;
  export function silero(tensors: Readonly<Record<string, Float32Array>>): Cell<unknown, 512, 1>;
}
