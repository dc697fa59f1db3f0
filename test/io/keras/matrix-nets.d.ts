import type { stateful } from '../../../src/index.js';
import type { LoadedLayer } from '../../../src/io/keras/index.js';

export interface Net {
  readonly name: string;
  readonly input: readonly (readonly number[])[];
  readonly output: readonly (readonly number[])[];
  readonly forms: readonly {
    readonly form: string;
    read(readers: object): LoadedLayer;
  }[];
}

export function nets(): readonly Net[];

export function distance(model: LoadedLayer, net: Net, run: typeof stateful): number;
