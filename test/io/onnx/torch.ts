import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A network that PyTorch exported: test/golden/onnx/make.py and external.py tell which. */
export interface Exported {
  readonly bytes: Uint8Array;
  /** The file of weights beside it, by its name, if it has one. */
  readonly data: Readonly<Record<string, Uint8Array>>;
  /** The input as steps. */
  readonly steps: readonly (readonly number[])[];
  /** What torch answers, row-major. */
  readonly output: readonly number[];
  /** Of a file of one step: what torch answers to each step alone. */
  readonly alone?: readonly number[] | undefined;
}

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Told {
  readonly input: Plain;
  readonly output: Plain;
  readonly alone?: Plain | undefined;
  /** The axes of the input; no steps: one datum; features -1: none, a number a step. */
  readonly steps: number | null;
  readonly features: number;
}

const golden = fileURLToPath(new URL('../../golden/onnx/', import.meta.url));

export function exported(name: string): Exported {
  const bytes = new Uint8Array(readFileSync(`${golden}${name}.onnx`));
  const told = JSON.parse(readFileSync(`${golden}${name}.json`, 'utf8')) as Told;
  const { shape, data } = told.input;
  const along = (axis: number | null) => {
    const known = axis !== null && axis >= 0;
    const stride = known ? shape.slice(axis + 1).reduce((a, b) => a * b, 1) : 0;
    return { count: known ? shape[axis] : 1, stride };
  };
  const [time, features] = [along(told.steps), along(told.features)];
  const steps = Array.from({ length: time.count }, (_, t) =>
    Array.from({ length: features.count }, (__, i) => data[t * time.stride + i * features.stride]),
  );
  const { output, alone } = told;
  return { bytes, data: besides(name), steps, output: output.data, alone: alone?.data };
}

/** The files of weights that belong to a network. */
export function besides(name: string): Readonly<Record<string, Uint8Array>> {
  const file = `${name}.onnx.data`;
  return existsSync(golden + file) ? { [file]: new Uint8Array(readFileSync(golden + file)) } : {};
}

/** What PyTorch's LSTM(128, 128) answers to the weights of a formula: see external.py. */
export function largeAnswer(): readonly number[] {
  return (JSON.parse(readFileSync(`${golden}large.json`, 'utf8')) as Told).output.data;
}
