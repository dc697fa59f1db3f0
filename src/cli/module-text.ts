import { load } from '../io/load.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import type { RoundingOptions } from '../io/rounding.js';
import { save } from '../io/save.js';
import { callOf } from './calls.js';
import { head } from './module-names.js';
import { ModuleNumbers } from './module-numbers.js';

/**
 * An ES module that exports a model: the calls that make it and its parameters, or a whole model
 * file for `load`, where it has cells of its own or an initial state.
 */
export function moduleText(layer: LoadedLayer, options: RoundingOptions): string {
  const file = save(layer, options);
  const numbers = new ModuleNumbers(file);
  const constants = new Map<string, string>();
  const call = callOf(load(file).cell, {
    tensor: name => numbers.expression(name),
    constant(expression) {
      const name = constants.get(expression) ?? `cell${constants.size}`;
      constants.set(expression, name);
      return name;
    },
  });
  if (!call) return withBytes(file);
  const names = [...call.names, 'recur'].sort();
  const [arrays, functions] = numbers.text();
  const defined = [...constants].map(([expression, name]) => `const ${name} = ${expression};\n`);
  return `${head}a model and its parameters.
import { ${names.join(', ')} } from 'rxrecur';

${arrays}${defined.join('')}
export default recur(${call.text});
${functions && `\n${functions}\n`}`;
}

/** A whole model file. Its header stays text, which packs better than its base64. */
function withBytes(file: Uint8Array): string {
  const buffer = Buffer.from(file);
  const begin = 8 + buffer.readUInt32LE(0);
  return `${head}a model and its parameters.
import { load } from 'rxrecur/io';

export default load(bytes());

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
