import type { Command } from 'commander';
import { withModelOptions } from './model-command.js';
import type { ModelOptions } from './model-file.js';

const more = `
Formats, told by what is in the file: model files of rxrecur and PyTorch's
state_dict (both safetensors), ONNX, Keras (.keras and .h5), TensorFlow.js
(model.json, its shards beside it), RTNeural, AIDA-X and GuitarML (JSON), and
Neural Amp Modeler (.nam).

A state_dict has no order of its modules. If several fit, inspect prints the one
that it assumes; --modules overrides it, with what the modules' names begin with:
rnn.,head. or, in JSON, what each is: {"rnn.": {}, "head.": {"activation": "tanh"}}.

An ONNX file of one step keeps its state from event to event, as in a stream; with
--stateless the state begins anew with each. inspect tells which it is. What a file
leaves open is said with --onnx, the options of readOnnx in JSON:
--onnx '{"dims": {"samples": 512}, "inputs": {"sr": 16000}}'

Of a file that holds parts that cannot run here all of them are told, and why.

Exit codes:
  0    the model has been told of
  2    the file can't be used
  70   a fault of rxrecur

Examples:
  $ rxrecur inspect model.safetensors
  $ rxrecur inspect amplifier.json
  $ rxrecur inspect forecaster.safetensors --modules rnn.,head.`;

/** Adds `inspect` to the program. */
export function addInspect(program: Command): void {
  withModelOptions(program.command('inspect'))
    .summary('tell what a model file holds')
    .description("Prints a model's layers, sizes, parameters and equations.")
    .argument('<model>', 'a model file of any format')
    .addHelpText('after', more)
    .action(async (path: string, options: ModelOptions) => {
      const { inspect } = await import('./inspect.js');
      await inspect(path, options);
    });
}
