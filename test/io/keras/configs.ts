import { type LoadedLayer, readTfjs, UnreadableError } from '../../../src/io/tfjs/index.js';

export interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
  [more: string]: unknown;
}

/** Weights by name, and their shapes. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A model's class and config. */
export interface ModelConfig {
  readonly class_name: string;
  readonly config: object;
}

/** A model.json, and a shard of weights that are all 0.5. */
export function fileOf(model: ModelConfig, weights: Shapes = {}, version = '2') {
  const specs = Object.entries(weights).map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const count = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const modelJson = {
    modelTopology: { keras_version: version, ...model },
    weightsManifest: [{ paths: ['a.bin'], weights: specs }],
  };
  return { modelJson, shard: new Uint8Array(new Float32Array(count).fill(0.5).buffer) };
}

/** A Sequential of layers. */
export function sequential(
  layers: readonly LayerJson[],
  weights: Shapes = {},
  version = '2',
  options = {},
): LoadedLayer {
  const model = { class_name: 'Sequential', config: { layers } };
  const { modelJson, shard } = fileOf(model, weights, version);
  return readTfjs(modelJson, shard, options);
}

export const layer = (class_name: string, config: Record<string, unknown> = {}): LayerJson => ({
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
});

export const first = (
  class_name: string,
  config: Record<string, unknown> = {},
  size = 2,
): LayerJson => layer(class_name, { batch_input_shape: [null, 5, size], ...config });

/** An output of a layer, as Keras 2 and tfjs write it. */
export type Output = readonly [layer: string, call: number, output: number];

/** A layer of a Functional model, called by its class's name in lower case. */
export function node(
  class_name: string,
  config: Record<string, unknown>,
  inputs: readonly Output[],
  kwargs: object = {},
): LayerJson {
  const made = layer(class_name, config);
  const inbound_nodes = inputs.length ? [inputs.map(input => [...input, kwargs])] : [];
  return { ...made, name: made.config.name, inbound_nodes };
}

/** A Functional model of an input `x` of five steps of two features. */
export function functional(layers: readonly LayerJson[], outputs: readonly Output[]): ModelConfig {
  const input = node('InputLayer', { name: 'x', batch_input_shape: [null, 5, 2] }, []);
  const ends = { input_layers: [['x', 0, 0]], output_layers: outputs };
  return { class_name: 'Functional', config: { layers: [input, ...layers], ...ends } };
}

/** Every reason for which a model is refused. */
export function problemsIn(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return error.problems.map(({ where, why }) => `${where}: ${why}`);
  }
  return [];
}

export function problemsOf(...layers: LayerJson[]): string[] {
  return problemsIn(() => sequential(layers));
}
