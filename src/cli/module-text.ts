/** The name of the file with the types of the module in another one; undefined for no module. */
export function typesName(path: string): string | undefined {
  return /\.m?js$/i.test(path) ? path.replace(/\.(m?)js$/i, '.d.$1ts') : undefined;
}

const head = '// Written by `rxrecur convert`: ';

/** True for the text of a file that this command wrote. */
export const isWritten = (text: string) => text.startsWith(head);

/** An ES module that exports the model of a file: data and one call. */
export function moduleText(file: Uint8Array): string {
  return `${head}a model and its parameters, as the base64 of a model file.
import { load } from 'rxrecur/io';

const text = atob('${Buffer.from(file).toString('base64')}');
const file = new Uint8Array(text.length);
for (let i = 0; i < file.length; i++) file[i] = text.charCodeAt(i);

export default load(file);
`;
}

/** Its types. */
export const moduleTypes = `${head}the types of the module beside it.
import type { LoadedLayer } from 'rxrecur/io';

declare const model: LoadedLayer;
export default model;
`;
