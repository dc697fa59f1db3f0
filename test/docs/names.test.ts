import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { readPage, root } from './blocks.js';
import { entries } from './entries.js';

const sources = Object.values(entries);
const program = ts.createProgram(
  sources.map(source => root + source),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: [] },
);
const checker = program.getTypeChecker();

function exportsOf(entry: string): readonly ts.Symbol[] {
  const file = program.getSourceFile(root + entry);
  const symbol = file && checker.getSymbolAtLocation(file);
  if (!symbol) throw new Error(`no module ${entry}`);
  return checker.getExportsOfModule(symbol).map(found => {
    return found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  });
}

describe.each(sources)('of every name that %s exports', entry => {
  test('the API page says something', () => {
    const page = readPage('docs/api.md');
    const missing = exportsOf(entry).filter(({ name }) => !page.includes(`\`${name}\``));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test('there is a docstring', () => {
    const silent = exportsOf(entry).filter(symbol => {
      return symbol.getDocumentationComment(checker).length === 0;
    });
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
