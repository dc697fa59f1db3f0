import { readFileSync } from 'node:fs';
import { root } from './blocks.js';

const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Readonly<Record<string, string | { readonly default: string }>>;
};

/** The package's modules, as users import them, and the source of each: `src/io/index.ts`. */
export const entries: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(exports).flatMap(([name, target]) => {
    if (typeof target === 'string') return [];
    const source = target.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');
    return [[name.replace(/^\./, 'rxrecur'), source]];
  }),
);
