import { type Command, Option } from 'commander';
import type { ConvertOptions } from './convert.js';
import { withModelOptions } from './model-command.js';
import { targets } from './targets.js';

const more = `
Without --to the ending tells the format: .onnx is ONNX, .safetensors a model file
of rxrecur. pytorch is safetensors with the names that PyTorch's state_dict has:
0.weight_ih_l0, ... of a Sequential. The parameters stay what they are, bit for bit.
The file is replaced in one step.

.js and .mjs are a module: import model from './net.js' gives the model with its
parameters. It calls the constructors of its layers; net.d.ts has the types.

With --weights the matrices are rounded, and the largest differences are printed; it
computes in float32 as before. int8 is for model files and modules.

Exit codes:
  0    the file has been written
  2    the model can't be used, or the format can't hold it
  70   a fault of rxrecur

Examples:
  $ rxrecur convert amplifier.json amplifier.safetensors
  $ rxrecur convert model.keras model.onnx
  $ rxrecur convert model.safetensors state_dict.safetensors --to pytorch
  $ rxrecur convert model.onnx model.js --weights float16`;

const weights = ['float32', 'float16', 'int8'] as const;

/** Adds `convert` to the program. */
export function addConvert(program: Command): void {
  withModelOptions(program.command('convert'))
    .summary('write a model file in another format')
    .description('Reads a model of any format and writes it in one of ours.')
    .argument('<model>', 'a model file of any format')
    .argument('<output>', 'the file to write')
    .addOption(new Option('--to <format>', 'the format to write').choices([...targets]))
    .addOption(new Option('--weights <type>', 'what matrices are rounded to').choices([...weights]))
    .addHelpText('after', more)
    .action(async (model: string, output: string, options: ConvertOptions) => {
      const { convert } = await import('./convert.js');
      await convert(model, output, options);
    });
}
