import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Declarations } from '../../src/graph/plan.js';
import { define } from '../../src/graph/planner.js';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** The generated module. */
export const plansFile = `${source}cells/plans.ts`;

/** A text of the library's own: `builtIn(name, text, plan, declarations)`, or `sameSize(…)`. */
interface OwnText {
  readonly plan: string;
  readonly name: string;
  readonly text: string;
  readonly declarations: Declarations;
}

/** The module src/cells/plans.ts, as it follows from the texts in src. */
export function plansModule(): string {
  const plans = ownTexts().map(({ plan, name, text, declarations }) => {
    const { plan: own } = define(name, text, declarations);
    return `/** ${name} */\nexport const ${plan}: Plan = ${literal(own)};\n`;
  });
  return [
    '// Generated: `npx vitest run --config test/vitest.config.ts test/scripts/plans -u`.',
    "import type { Plan } from '../graph/plan.js';",
    '',
    ...plans,
  ].join('\n');
}

/** The texts that src hands to `builtIn` and `sameSize`, by the names of their plans. */
export function ownTexts(): OwnText[] {
  const paths = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const found = paths
    .filter(path => path.endsWith('.ts'))
    .sort()
    .flatMap(textsIn);
  const names = found.map(({ plan }) => plan);
  if (new Set(names).size !== names.length) throw new Error(`one plan for two texts: ${names}`);
  return found;
}

function textsIn(path: string): OwnText[] {
  const texts: OwnText[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ['builtIn', 'sameSize'].includes(node.expression.getText())) {
      const [name, text, plan, declarations] = node.arguments;
      // In define.ts they call each other.
      if (ts.isStringLiteralLike(name)) {
        const own = declarations ? (readLiteral(declarations) as Declarations) : {};
        const sameSize = node.expression.getText() === 'sameSize';
        texts.push({
          plan: plan.getText(),
          name: name.text,
          text: readLiteral(text) as string,
          declarations: sameSize ? { ...own, sameSize } : own,
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(
    ts.createSourceFile(path, readFileSync(source + path, 'utf8'), ts.ScriptTarget.ES2022, true),
  );
  return texts;
}

/** What a literal in a source stands for, or a constant that the same file declares. */
function readLiteral(node: ts.Node): unknown {
  if (ts.isAsExpression(node)) return readLiteral(node.expression);
  if (ts.isIdentifier(node)) return readLiteral(declared(node));
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isPrefixUnaryExpression(node)) return -Number(readLiteral(node.operand));
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(readLiteral);
  if (!ts.isObjectLiteralExpression(node)) throw new Error(`no literal: ${node.getText()}`);
  return Object.fromEntries(
    node.properties.map(property => {
      if (!ts.isPropertyAssignment(property)) throw new Error(`no value: ${property.getText()}`);
      return [property.name.getText(), readLiteral(property.initializer)];
    }),
  );
}

function declared(name: ts.Identifier): ts.Expression {
  const found = name
    .getSourceFile()
    .statements.filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(declaration => declaration.name.getText() === name.text)?.initializer;
  if (!found) throw new Error(`no constant of the file: ${name.text}`);
  return found;
}

/** A plan as source text. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([key, item]) => `${key}: ${literal(item)}`);
  return `{ ${parts.join(', ')} }`;
}
