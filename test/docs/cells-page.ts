import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import {
  activationNames,
  activationParameters,
  activationText,
  resolveActivation,
} from '../../src/graph/activations.js';
import type { Definition } from '../../src/graph/plan.js';
import { type EquationSpec, slotOptions } from '../../src/graph/spec.js';
import { type Cell, internals } from '../../src/streams/cell.js';
import { root } from './blocks.js';
import { library } from './program.js';

const title = 'Cells';
export const order =
  'rnn lstm peepholeLstm gru mgu liGru ugrnn janet indRnn fastRnn fastGrnn star lem minGru dense';

/** Sizes that tell rows and columns apart. */
const [input, hidden] = [7, 11];

type Make = (inputSize: number, size: number, options?: object) => Cell;

/** docs/cells.md: every cell's equations as the library prints them, and what its source says. */
export function cellsPage(): string {
  const sections = order.split(' ').map(section);
  return `${[intro, ...sections, activations()].join('\n\n')}\n`;
}

const intro = `# ${title}

<!-- Printed from src/cells: npx vitest run --config test/vitest.config.ts test/docs/cells -u -->

Each cell has two constructors: \`lstmCell\` makes the cell, \`lstm\` the layer, an RxJS operator. Both take
\`(inputSize, size, options)\`. \`equations(cell, 'latex')\` and \`equations(cell)\` print the equations below
from the source; $\\odot$ is elementwise.

Every cell has these options, and those that its section names:

| option | default | |
| --- | --- | --- |
| \`bias\` | \`true\` | \`false\` omits every bias |
| \`clip\` | none | bounds the argument of a chosen activation to [−clip, clip] |
| \`params\` | initial values | parameters by name, see [parameters](parameters.md) |
| \`seed\` | random | makes the initial parameters repeatable |`;

function section(name: string): string {
  const make = library.rxrecur[`${name}Cell` as keyof typeof library.rxrecur] as Make;
  const variants = name === 'gru' ? [{}, { resetGate: 'before' }] : [{}];
  const printed = variants.map(options => {
    const cell = make(input, hidden, options);
    const [key] = Object.entries(options).map(
      ([option, value]) => `\`${option}: '${value}'\`:\n\n`,
    );
    const latex = library.rxrecur.equations(cell, 'latex');
    return `${key ?? ''}$$\n${latex}\n$$\n\n\`\`\`text\n${library.rxrecur.equations(cell)}\n\`\`\``;
  });
  const cell = make(input, hidden);
  return [`## ${name}`, description(name), ...printed, parameters(cell), options(name, cell)]
    .filter(part => part !== '')
    .join('\n\n');
}

/** What the docstring of the cell's constructor says, without its example. */
function description(name: string): string {
  for (const file of readdirSync(`${root}src/cells`)) {
    const text = readFileSync(`${root}src/cells/${file}`, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const own = source.statements.find(statement => {
      return new RegExp(`^export (const|function) ${name}Cell\\b`).test(statement.getText(source));
    });
    const [doc] = own ? ts.getJSDocCommentsAndTags(own) : [];
    if (doc) return ts.getTextOfJSDocComment(doc.comment) ?? '';
  }
  throw new Error(`no docstring of ${name}Cell`);
}

function parameters(cell: Cell): string {
  const { plan } = definitionOf(cell);
  const blocks: Readonly<Record<string, string>> = {
    weightIh: plan.rows.W.map(({ name }) => name).join(' '),
    weightHh: plan.rows.U.map(({ name }) => name).join(' '),
    biasIh: plan.rows.W.filter(({ bias }) => bias >= 0)
      .map(({ name }) => name)
      .join(' '),
    biasHh: plan.rows.U.filter(({ bias }) => bias >= 0)
      .map(({ name }) => name)
      .join(' '),
  };
  const rows = Object.entries(cell.params).map(([name, { shape, data }]) => {
    const start = shape.length === 2 ? 'Glorot uniform' : starts(data);
    const sizes = shape.map(n =>
      plan.states.length ? size(n) : size(n).replace('hidden', 'output'),
    );
    return `| \`${name}\` | \`[${sizes.join(', ')}]\` | ${blocks[name] ?? ''} | ${start} |`;
  });
  return ['| parameter | shape | rows | starts as |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** The values of a vector, block by block of hidden size: `0`, or `0 1 0 0`. */
function starts(data: ArrayLike<number>): string {
  const values = Array.from(
    { length: Math.ceil(data.length / hidden) },
    (_, i) => data[i * hidden],
  );
  return new Set(values).size === 1 ? `${values[0]}` : values.join(' ');
}

function size(n: number): string {
  if (n === input) return 'input';
  if (n % hidden) return String(n);
  return n === hidden ? 'hidden' : `${n / hidden}·hidden`;
}

function options(name: string, cell: Cell): string {
  const { plan, declarations } = definitionOf(cell);
  const slots = plan.slots.flatMap(slot => {
    const { option, default: usual } = slotOptions[slot] ?? {};
    if (option === undefined) return [];
    const own = declarations.activations?.[slot] ?? usual;
    return [`\`${option}\` (default \`${activationText(resolveActivation(slot, own))}\`)`];
  });
  const constants = plan.constants.map(constant => {
    return `\`${constant}\` (default \`${declarations.constants?.[constant]}\`)`;
  });
  const resetGate = name === 'gru' ? ["`resetGate` (default `'after'`)"] : [];
  const state = cell.initialState();
  const stateText =
    state === undefined
      ? 'none'
      : state instanceof Float32Array
        ? '`h`'
        : `\`{ ${Object.keys(state as object).join(', ')} }\``;
  return `State: ${stateText}. Options: ${[...resetGate, ...slots, ...constants].join(', ')}.`;
}

function definitionOf(cell: Cell): Definition {
  return (cell[internals].spec as EquationSpec).definition;
}

function activations(): string {
  const rows = activationNames.map(name => {
    const { alpha, beta } = resolveActivation('', name);
    const cell = library.rxrecur.denseCell(1, 1, { activation: name, bias: false });
    const latex = library.rxrecur.equations(cell, 'latex').replace('W_{y} x_{t}', 'v');
    const [, formula] = /&= (.*)\n/.exec(latex) ?? [];
    const defaults = Object.entries({ alpha, beta }).flatMap(([key, value]) => {
      const short = Number(value.toPrecision(4));
      return Object.hasOwn(activationParameters(name), key) ? [`\`${key}\` ${short}`] : [];
    });
    return `| \`${name}\` | $${formula}$ | ${defaults.join(', ')} |`;
  });
  const head = ['| name | of v | defaults |', '| --- | --- | --- |'];
  return ['## Activations\n', ...head, ...rows].join('\n');
}
