import { folds } from '../../../src/io/onnx/fold.js';
import { moves } from '../../../src/io/onnx/fold-moves.js';
import { operators } from '../../../src/io/onnx/operators.js';
import { plainNames } from '../../../src/io/onnx/plain-operators.js';
import { standardNames } from '../../../src/io/onnx/standard-operators.js';
import { wholeOperators } from '../../../src/io/onnx/whole-graph.js';

const plain = { ...moves, ...Object.fromEntries(plainNames.map(name => [name, true])) };

const places = {
  sequences: { ...operators, ...plain },
  // Branches are chosen before operators are looked up.
  'graphs of one step': { ...wholeOperators, ...plain, If: true },
  'constants and sizes': folds,
};

/** Which operators are read where, as a table of docs/onnx.md. */
export function operatorTable(): string {
  const groups = new Map<string, string[]>();
  const all = new Set([...standardNames(), ...Object.values(places).flatMap(Object.keys)]);
  for (const name of [...all].sort()) {
    const marks = Object.values(places).map(table => (Object.hasOwn(table, name) ? 'yes' : ''));
    const key = marks.join(' | ');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const rows = [...groups].map(([marks, names]) => {
    return `| ${names.map(name => `\`${name}\``).join(', ')} | ${marks} |`;
  });
  const heads = Object.keys(places);
  return [
    `| operators | ${heads.join(' | ')} |`,
    `| --- | ${heads.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n');
}
