/** The name of the file with the types of the module in another one; undefined for no module. */
export function typesName(path: string): string | undefined {
  return /\.m?js$/i.test(path) ? path.replace(/\.(m?)js$/i, '.d.$1ts') : undefined;
}

/** How the files begin that make a module. */
export const head = '// Written by `rxrecur convert`: ';
