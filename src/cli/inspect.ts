import { printable } from '../io/json.js';
import { UnreadableError } from '../io/unreadable.js';
import { describeModel } from './describe-model.js';
import { asStop, type ModelFile, type ModelOptions, openModel, orderHint } from './model-file.js';
import { openStdout } from './output.js';
import { exitCode, Stop } from './stop.js';

/** What becomes of the state where the file leaves it open. */
const stateTexts = {
  kept: 'kept from event to event, each of one step; with --stateless it begins anew',
  'begins anew': 'begins anew with each event',
};

/** Prints what a model file holds. Throws a Stop for one that can't be used. */
export async function inspect(path: string, options: ModelOptions = {}): Promise<void> {
  const file = await openModel(path, options);
  const output = openStdout();
  await output.write(`format      ${file.format}\n`);
  if (file.remedy) await output.write(remedyText(file.remedy));
  try {
    for (const [name, value] of await file.facts()) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      await output.write(`${printable(name, 40).padEnd(11)} ${printable(text)}\n`);
    }
    const { layer, assumedOrder: order, state, notes = [], warnings = [] } = await file.read();
    if (order) await output.write(`order       ${order} (assumed, ${orderHint})\n`);
    if (state) await output.write(`state       ${stateTexts[state]}\n`);
    for (const warning of warnings) await output.write(`warning     ${printable(warning)}\n`);
    for (const note of notes) await output.write(`${printable(note)}\n`);
    await output.write(`${describeModel(layer.cell)}\n`);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw asStop(path, error);
    const { problems } = error;
    const lines = problems.map(({ where, why }) => `  ${printable(where)}: ${printable(why)}\n`);
    await output.write(`cannot run here:\n${lines.join('')}`);
    const parts = problems.length > 1 ? `${problems.length} parts` : 'a part';
    throw new Stop(exitCode.unusable, `${path}: ${parts} of it cannot run here`);
  }
}

/** How a file becomes readable, where that takes lines: they stand alone, to be copied. */
function remedyText({ remedy, lines = [] }: NonNullable<ModelFile['remedy']>): string {
  if (lines.length === 0) return '';
  return [`to read it  ${remedy}:`, ...lines.map(line => `  ${line}`), ''].join('\n');
}
