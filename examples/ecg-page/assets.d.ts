/** A file's address, as Vite gives it. */
declare module '*?url' {
  const url: string;
  export default url;
}

/** From ../ecg/baselines.json, through vite.config.js. */
declare const ECG_SETTINGS: {
  readonly hz: number;
  readonly threshold: number;
  readonly lead: number;
};

declare module '*/nets.mjs' {
  import type { Layer } from 'rxrecur';

  type Net = Layer<unknown, 1, number>;
  export function modelsOf(tensors: Readonly<Record<string, Float32Array>>): {
    readonly forecast: Net;
    readonly flag: Net;
  };
}
