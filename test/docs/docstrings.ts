import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { type Block, root } from './blocks.js';
import { library } from './program.js';

/** The `@example` blocks of the source, each with the imports that it leaves out. */
export function examples(): readonly Block[] {
  return readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort()
    .flatMap(path => examplesOf(`src/${path.replaceAll('\\', '/')}`));
}

function examplesOf(path: string): readonly Block[] {
  const text = readFileSync(root + path, 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  return file.statements.flatMap(statement => {
    const tags = ts.getJSDocTags(statement).filter(({ tagName }) => tagName.text === 'example');
    return tags.map(tag => {
      const code = ts.getTextOfJSDocComment(tag.comment) ?? '';
      const line = file.getLineAndCharacterOfPosition(tag.getStart()).line + 1;
      return { at: `${path}:${line}`, language: 'ts', script: '', text: importsOf(code) + code };
    });
  });
}

/** Imports of the library's and RxJS's names that occur in `code`. */
function importsOf(code: string): string {
  const words = new Set(code.match(/[\p{L}_]\w*/gu));
  const known = new Set<string>();
  return Object.keys(library)
    .map(module => {
      // What several modules have is imported once, from the first.
      const names = Object.keys(library[module]).filter(n => words.has(n) && !known.has(n));
      for (const name of names) known.add(name);
      return names.length ? `import { ${names.join(', ')} } from '${module}';\n` : '';
    })
    .join('');
}
