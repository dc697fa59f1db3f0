import { load } from '../io/load.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { readSafetensors } from '../io/read-safetensors.js';
import type { RoundingOptions } from '../io/rounding.js';
import { save } from '../io/save.js';
import { writeSafetensors } from '../io/write-safetensors.js';
import { type Call, callOf } from './calls.js';
import { head } from './module-names.js';

/**
 * An ES module that exports a model: the calls that make it and its parameters, or a whole model
 * file for `load`, where it has cells of its own or an initial state.
 */
export function moduleText(layer: LoadedLayer, options: RoundingOptions): string {
  const file = save(layer, options);
  const call = callOf(load(file).cell);
  if (!call) return withBytes(file, "import { load } from 'rxrecur/io';", 'load(bytes())');
  const { weights } = options;
  const bytes = writeSafetensors(readSafetensors(file).tensors, {}, { weights });
  return withBytes(bytes, imports(call), `recur(${call.text})`, tensors);
}

const tensors = 'const { tensors } = readSafetensors(bytes());\n\n';

function imports({ names }: Call): string {
  const all = [...names, 'recur'].sort().join(', ');
  return `import { ${all} } from 'rxrecur';\nimport { readSafetensors } from 'rxrecur/io';`;
}

function withBytes(bytes: Uint8Array, imports: string, model: string, before = ''): string {
  return `${head}a model and its parameters.
${imports}

${before}export default ${model};

function bytes() {
  const text = atob('${Buffer.from(bytes).toString('base64')}');
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
`;
}

/** Its types. */
export const moduleTypes = `${head}the types of the module beside it.
import type { LoadedLayer } from 'rxrecur/io';

declare const model: LoadedLayer;
export default model;
`;
