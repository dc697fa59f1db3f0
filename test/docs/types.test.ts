import ts from 'typescript';
import { expect, test } from 'vitest';
import { pages, programsOf, root } from './blocks.js';
import { examples } from './docstrings.js';
import { entries } from './entries.js';

const programs = [
  ...pages.flatMap(page =>
    // Blocks of scripts are compiled with those.
    programsOf(page).filter(({ language, script }) => language === 'ts' && !script),
  ),
  ...examples(),
];

test('every block of TypeScript has the types it claims', { timeout: 120_000 }, () => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.Preserve,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    paths: Object.fromEntries(
      Object.entries(entries).map(([module, source]) => [module, [root + source]]),
    ),
  };
  const texts = new Map(
    programs.map(({ at, text }) => [
      `${root}test/docs/${at.replace(/\W+/g, '_')}.ts`,
      { at, text },
    ]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = name => texts.has(name) || fileExists(name);
  host.getSourceFile = (name, target, ...rest) => {
    const own = texts.get(name);
    return own ? ts.createSourceFile(name, own.text, target) : getSourceFile(name, target, ...rest);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const diagnostics = [...texts.keys()].flatMap(name => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  const messages = diagnostics.map(({ file, start = 0, messageText }) => {
    const line = file?.text.slice(0, start).split('\n').length;
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${texts.get(file?.fileName ?? '')?.at ?? file?.fileName}, line ${line}: ${message}`;
  });
  expect(messages).toEqual([]);
});
