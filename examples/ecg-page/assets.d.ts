/** A file's address, as Vite gives it. */
declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*/nets.mjs' {
  import type { Layer } from 'rxrecur';

  type Net = Layer<unknown, 1, number>;
  export function modelsOf(tensors: Readonly<Record<string, Float32Array>>): {
    readonly forecast: Net;
    readonly flag: Net;
  };
}
