import type { Command } from 'commander';
import { modules, modulesHelp } from './modules-option.js';
import { onnxAnswers, onnxHelp } from './onnx-option.js';

/** Adds the options that say what model files leave open. */
export function withModelOptions(command: Command): Command {
  return command
    .option('--modules <modules>', modulesHelp, modules)
    .option('--stateless', 'ONNX of one step: begin anew with each event')
    .option('--onnx <answers>', onnxHelp, onnxAnswers);
}
