import { readFileSync } from 'node:fs';
import { compile } from '../../src/code/compile.js';
import { layout } from '../../src/code/layout.js';
import type { ActivationName } from '../../src/graph/activations.js';
import { schedule } from '../../src/graph/schedule.js';
import type { EquationSpec } from '../../src/graph/spec.js';
import { expm1Coefficients, log1pCoefficients } from '../../src/kernels/wasm/activations.js';
import { type Cell, internals } from '../../src/streams/cell.js';
import { cellsOf, modelOf } from '../code/models.js';
import { root } from './blocks.js';
import { disassemble } from './disassemble.js';
import { graphText } from './how-it-is-built/graph-text.js';
import { planText, regionsOf, regionsText, stagesText } from './machine-code-parts.js';
import { library } from './program.js';

const { chainCell, conv1dCell, equations, gruCell, lastCell, windowCell } = library.rxrecur;

/** Sums of products in registers at a time, as compiled-engine.ts chooses them. */
const accumulators = { simd: 6, relaxed: 8 };

/** The functions of a model of steps. */
const functions = ['prepare', 'step', 'streams', 'steps'] as const;

const specOf = (cell: Cell) => cell[internals].spec as EquationSpec;

/** The cell that the page follows. */
export const followed = () => gruCell(3, 5, { seed: 1 });

/** A model that loops in a step, and what runs in its loop. */
const inWindow = () =>
  chainCell(conv1dCell(2, 8, 3, { seed: 1 }), gruCell(8, 8, { seed: 2 }), lastCell(8));
const windowed = () => windowCell(16, inWindow());
/** As it is written in code: `gru(8, 8)`. */
const textOf = (cell: object) =>
  String(cell)
    .replaceAll('Recur(GRUCell(8, 8))', 'gru(8, 8)')
    .replaceAll(/[A-Z](?=\w*\()/g, name => name.toLowerCase());

/** Its plan and code, by plain SIMD: the same on every machine. */
export function compiled(cell: Cell) {
  const plan = layout(modelOf(cell), accumulators.simd);
  return { plan, ...compile(plan, false, functions) };
}

/** docs/machine-code.md: one cell through every stage, each printed by the code that makes it. */
export function machineCodePage(): string {
  const cell = followed();
  const { plan: equationPlan } = specOf(cell).definition;
  const other = specOf(gruCell(3, 5, { resetGate: 'before', seed: 1 })).definition.plan;
  const { plan, bytes, constants } = compiled(cell);
  const regions = regionsOf(plan, constants.length);
  const shown: Readonly<Record<string, string>> = {
    text: equations(cell),
    plan: planText(equationPlan),
    stages: stagesText(equationPlan, schedule(equationPlan)),
    'stages, reset before': stagesText(other, schedule(other)),
    memory: regionsText(regions, plan),
    order: orderTable(),
    functions: functionTable(bytes),
    step: stepText(),
    'window graph': graphText(modelOf(windowed()).graph),
    loops: loopTable(),
    activations: activationTable(),
    coefficients: [
      `P = ${polynomial(expm1Coefficients)}`,
      `Q = ${polynomial(log1pCoefficients)}`,
    ].join('\n'),
  };
  const page = readFileSync(`${root}test/docs/machine-code.template.md`, 'utf8');
  return page
    .replace('{{window}}', textOf(windowed()))
    .replace(/^\{\{(.*)\}\}$/gm, (_, name) => shown[name]);
}

const polynomial = (coefficients: readonly number[]) =>
  coefficients.map((c, i) => (i ? `${c}·v${i > 1 ? superscript(i) : ''}` : c)).join(' + ');
const superscript = (n: number) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[n];

/** How sums are divided, by size, on the two kinds of code. */
function orderTable(): string {
  const rows = [3, 8, 32, 64, 128, 256].map(size => {
    const model = modelOf(gruCell(size, size, { seed: 1 }));
    const cells = Object.values(accumulators).flatMap(n => {
      const plan = layout(model, n);
      const [{ groups, block, tile, split }] = cellsOf(plan)[0].stages;
      return n === accumulators.simd
        ? [groups, block, tile, split, Math.ceil(plan.weights / 1024)]
        : [tile, split];
    });
    const { bytes } = compile(layout(model, accumulators.simd), false, functions);
    return `| ${[size, ...cells, bytes.length].join(' | ')} |`;
  });
  return [
    '| GRU | groups | block | `simd`: tile | split | weights, kB | relaxed: tile | split | `simd`: module, bytes |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

const parameters = ['weights', 'scratch', 'now', 'next', 'count', 'spare'];

function functionTable(bytes: Uint8Array): string {
  const does: Readonly<Record<string, string>> = {
    prepare: 'work that depends on parameters alone, after packing; none here',
    step: 'one stream, one step',
    streams: '`count` streams, one step each: batches, and keys that wait together',
    steps: 'one stream, `count` steps: all products of inputs first, then step by step',
  };
  const rows = disassemble(bytes, parameters).map(({ name, bytes, instructions, locals }) => {
    const vectors = locals.filter(type => type === 'v128').length;
    return `| \`${name}\` | ${bytes} | ${instructions} | ${vectors} | ${does[name]} |`;
  });
  return [
    '| function | bytes | instructions | vector locals | does |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows,
  ].join('\n');
}

/** The modules of a model with loops: of a window, and of sequences of any length. */
function loopTable(): string {
  const models = [
    [windowed(), ['prepare', 'step']],
    [windowed(), ['streams', 'steps']],
    [inWindow(), ['prepare', 'sequence']],
  ] as const;
  const rows = models.map(([cell, names]) => {
    const model = modelOf(cell);
    const plan = { ...model, ...layout(model, accumulators.simd) };
    const { bytes } = compile(plan, false, names);
    return `| \`${textOf(cell)}\` | ${names.map(name => `\`${name}\``).join(', ')} | ${bytes.length} |`;
  });
  return ['| model | functions | `simd`: module, bytes |', '| --- | --- | ---: |', ...rows].join(
    '\n',
  );
}

const constantText = (value: number) => (Object.is(value, -0) ? '-0' : String(value));

/** `step` up to the first output. */
function stepText(): string {
  const { plan, bytes, constants } = compiled(followed());
  const regions = regionsOf(plan, constants.length);
  const annotate = (base: string, offset: number) => {
    const region = regions.find(
      region => region.base === base && offset >= region.at && offset < region.at + region.bytes,
    );
    if (!region) return undefined;
    if (/constants/.test(region.name)) return constantText(constants[offset / 16]);
    return region.tell?.(offset) ?? region.name.replace(/,.*/, '');
  };
  const step = disassemble(bytes, parameters, annotate).find(({ name }) => name === 'step');
  const lines = step?.lines ?? [];
  const first = lines.findIndex(line => line.endsWith(';; output'));
  return `${lines.slice(0, first + 1).join('\n')}\n…`;
}

const how: Readonly<Record<ActivationName, string>> = {
  identity: 'x',
  tanh: 'm / (m + 2), m = eᵘ − 1, u = 2·\\|x\\| or −2·\\|x\\|; with the sign of x',
  sigmoid: '1 / (1 + e⁻ˣ)',
  relu: 'max(x, 0)',
  hardSigmoid: 'min(max(α·x + β, 0), 1)',
  hardSigmoid6: 'the same',
  softsign: 'x / (1 + \\|x\\|)',
  softplus: 'max(x, 0) + s·(2 + s²·Q(s²)), s = e / (2 + e), e = e^−\\|x\\|',
  elu: 'α·(eˣ − 1) where x < 0',
  leakyRelu: 'α·x where x < 0',
  thresholdedRelu: '0 where x ≤ α',
  scaledTanh: 'α·tanh(β·x)',
  affine: 'α·x + β',
  exp: 'eˣ',
  sqrt: '√x',
  reciprocal: '1 / x',
};

function activationTable(): string {
  const rows = Object.entries(how).map(([name, text]) => `| \`${name}\` | ${text} |`);
  return ['| activation | computed as |', '| --- | --- |', ...rows].join('\n');
}
