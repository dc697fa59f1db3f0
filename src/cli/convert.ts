import { readFileSync } from 'node:fs';
import { RecurError } from '../errors.js';
import { printable } from '../io/json.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import type { Rounding, RoundingOptions } from '../io/rounding.js';
import { type ModelOptions, readModel } from './model-file.js';
import { head, typesName } from './module-names.js';
import { openStdout } from './output.js';
import { replaceFile } from './replace-file.js';
import { unusable } from './stop.js';
import { type Target, targetOfName } from './targets.js';

/** What the command line tells of the file to write. */
export interface ConvertOptions extends ModelOptions {
  readonly to?: Target | undefined;
  readonly weights?: RoundingOptions['weights'];
}

/** Writes the model at `path` to `output`; prints how far its weights are off. Throws a Stop. */
export async function convert(
  path: string,
  output: string,
  { to, weights, ...options }: ConvertOptions = {},
): Promise<void> {
  const target = to ?? targetOfName(output);
  if (target === undefined) {
    throw unusable(`${output}: its ending tells no format; choose one with --to`);
  }
  const types = target === 'module' ? typesFile(output) : undefined;
  const { layer } = await readModel(path, options);
  let rounding: Rounding | undefined;
  const onRounded = (told: Rounding) => {
    rounding = told;
  };
  let bytes: string | Uint8Array;
  try {
    bytes = await writers[target](layer, { weights, onRounded });
  } catch (error) {
    if (error instanceof RecurError) throw unusable(`${path}: ${error.message}`);
    throw error;
  }
  if (types) replaceFile(types, (await import('./module-text.js')).moduleTypes);
  replaceFile(output, bytes);
  if (weights && rounding) await openStdout().write(roundingText(rounding));
}

type Write = (layer: LoadedLayer, options: RoundingOptions) => Promise<string | Uint8Array>;

/** Each is loaded when it is needed. */
const writers: Readonly<Record<Target, Write>> = {
  rxrecur: async (layer, options) => (await import('../io/save.js')).save(layer, options),
  onnx: async (...of) => (await import('../io/onnx/index.js')).writeOnnx(...of),
  pytorch: async (...of) => (await import('../io/write-state-dict.js')).writeStateDict(...of),
  module: async (...of) => (await import('./module-text.js')).moduleText(...of),
};

/** The file for the types of a module; one that somebody else wrote is left alone. */
function typesFile(output: string): string {
  const path = typesName(output);
  if (!path) throw unusable(`${output}: the name of a module ends with .js or .mjs`);
  let text: string | undefined;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // It is to be made, or replaceFile says why it can't.
  }
  if (text === undefined || text.startsWith(head)) return path;
  throw unusable(`${path}: rxrecur did not write it, and the module's types belong there`);
}

function roundingText({ worst, tensors }: Rounding): string {
  const lines = Object.entries(tensors).map(([name, of]) => {
    return `${printable(name)}: off by at most ${short(of.worst)}, largest ${short(of.largest)}\n`;
  });
  return `${lines.join('')}all: off by at most ${short(worst)}\n`;
}

const short = (value: number) => String(Number(value.toPrecision(3)));
