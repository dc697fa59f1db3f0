import type { Command } from 'commander';

const more = `
Formats, told by what is in the file: model files of rxrecur and PyTorch's
state_dict (both safetensors), ONNX, Keras (.keras and .h5), TensorFlow.js
(model.json, its shards beside it), RTNeural, AIDA-X and GuitarML (JSON).

Of a file that holds parts that cannot run here all of them are told, and why.

Exit codes:
  0    the model has been told of
  2    the file can't be used
  70   a fault of rxrecur

Examples:
  $ rxrecur inspect model.safetensors
  $ rxrecur inspect amplifier.json`;

/** Adds `inspect` to the program. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('tell what a model file holds')
    .description("Prints a model's layers, sizes, parameters and equations.")
    .argument('<model>', 'a model file of any format')
    .addHelpText('after', more)
    .action(async (path: string) => {
      const { inspect } = await import('./inspect.js');
      await inspect(path);
    });
}
