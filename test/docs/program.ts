import { createRequire } from 'node:module';
import { format } from 'node:util';
import vm from 'node:vm';
import ts from 'typescript';
import { root } from './blocks.js';
import { entries } from './entries.js';

const require = createRequire(import.meta.url);

/** The beginning of a test's name: with this one it may generate code, as lmdb's keys do. */
export const needs = (text: string) => (text.includes('rxrecur/durable/lmdb') ? 'lmdb ' : '');

/** What a block may import: the library from its source, everything else as it is installed. */
export const library = {
  rxrecur: await import('../../src/index.js'),
  rxjs: await import('rxjs'),
  ...Object.fromEntries(await Promise.all(Object.entries(entries).map(imported))),
} as {
  readonly rxrecur: typeof import('../../src/index.js');
  readonly [module: string]: Readonly<Record<string, unknown>>;
};

async function imported([module, source]: readonly [string, string]) {
  return [module, await import(/* @vite-ignore */ root + source)] as const;
}

const claim = /^[ \t]*\/\/ (→|throws) (.*(?:\n[ \t]*\/\/ {3}.*)*)/;
/** A claim at the end of a statement or on the next line; after a blank line it is nobody's. */
const claimAfter = new RegExp(claim.source.replace('^', '^;?[ \\t]*\\n?'));

/** What a program says it prints, in order: the comments `// → value` and `// throws message`. */
export function stated(text: string): string {
  const claims = [...text.matchAll(new RegExp(claim.source.slice(1), 'g'))];
  return oneLine(claims.map(([, , words]) => words.replace(/\n[ \t]*\/\//g, ' ')).join(', '));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** True if `printed` is what was stated; there `…` stands for anything but a comma. */
export function isAsStated(printed: string, claims: string): boolean {
  const pattern = claims.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/…/g, '[^,]*');
  return new RegExp(`^${pattern}$`, 'u').test(printed);
}

/**
 * A program whose statements print what they claim: `value; // → 3` and `const y = 3; // → 3` print
 * the value, `call(); // throws message` the message of what is thrown.
 */
function printing(text: string): string {
  const file = ts.createSourceFile('block.ts', text, ts.ScriptTarget.ES2022, true);
  let out = '';
  let from = 0;
  for (const statement of file.statements) {
    const [, kind] = claimAfter.exec(text.slice(statement.end)) ?? [];
    const [start, own] = [statement.getStart(file), statement.getText(file)];
    const bare = own.replace(/;$/, '');
    out += text.slice(from, start);
    from = statement.end;
    if (kind === 'throws') {
      out += `try { ${own}\nconsole.log('nothing') } catch (e) { console.log(e.message) }`;
    } else if (!kind || /console\.log\(|\.subscribe\(/.test(own)) out += own;
    else if (ts.isExpressionStatement(statement)) out += `console.log(${bare});`;
    else if (ts.isVariableStatement(statement)) {
      out += `${own}console.log(${statement.declarationList.declarations[0].name.getText(file)});`;
    } else throw new Error(`a claim after ${own}`);
  }
  return out + text.slice(from);
}

/** Runs TypeScript or JavaScript and returns what it printed, one line, parts joined by commas. */
export async function run(text: string, globals: Record<string, unknown> = {}): Promise<string> {
  const { outputText } = ts.transpileModule(printing(text), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const log = (...words: unknown[]) => void printed.push(format(...words));
  const names = ['require', 'exports', 'console', ...Object.keys(globals)];
  const load = (name: string) => library[name as keyof typeof library] ?? require(name);
  const program = vm.runInThisContext(`(async (${names.join(', ')}) => {${outputText}\n})`);
  await program(load, {}, { log, error: log }, ...Object.values(globals));
  return oneLine(printed.join(', '));
}
