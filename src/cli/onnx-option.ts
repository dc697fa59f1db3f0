import { InvalidArgumentError } from 'commander';
import { checkNames, RecurError } from '../errors.js';
import { readObject } from '../io/json.js';
import type { OnnxOptions } from '../io/onnx/inputs.js';

/** What `--onnx` tells of an ONNX file. */
export type OnnxAnswers = Pick<OnnxOptions, 'dims' | 'inputs' | 'states' | 'output'>;

export const onnxHelp = 'dims, inputs, states and output of an ONNX file, as JSON';

/** The options of `readOnnx` in JSON: `{"dims": {"samples": 512}, "inputs": {"sr": 16000}}`. */
export function onnxAnswers(text: string): OnnxAnswers {
  try {
    const answers = readObject('--onnx', text);
    checkNames('--onnx', answers, ['dims', 'inputs', 'states', 'output']);
    return answers as OnnxAnswers;
  } catch (error) {
    if (error instanceof RecurError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}
