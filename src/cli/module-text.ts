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

/** The header stays text, which packs better than its base64. */
function withBytes(file: Uint8Array, imports: string, model: string, before = ''): string {
  const buffer = Buffer.from(file);
  const begin = 8 + buffer.readUInt32LE(0);
  return `${head}a model and its parameters.
${imports}

${before}export default ${model};

function bytes() {
  const header = new TextEncoder().encode(${JSON.stringify(buffer.toString('utf8', 8, begin))});
  const data = atob('${buffer.toString('base64', begin)}');
  const begin = 8 + header.length;
  const bytes = new Uint8Array(begin + data.length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 8);
  for (let i = 0; i < data.length; i++) bytes[begin + i] = data.charCodeAt(i);
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
