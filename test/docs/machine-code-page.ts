import type { ActivationName } from '../../src/equations/activations.js';
import { type Cell, internals } from '../../src/equations/cell.js';
import { compile } from '../../src/equations/compile.js';
import { memoryPlan } from '../../src/equations/memory-plan.js';
import { schedule } from '../../src/equations/schedule.js';
import type { EquationSpec } from '../../src/equations/spec.js';
import { expm1Coefficients, log1pCoefficients } from '../../src/kernels/wasm/activations.js';
import { disassemble } from './disassemble.js';
import { planText, regionsOf, regionsText, stagesText } from './machine-code-parts.js';
import { library } from './program.js';

const { equations, gruCell } = library.rxrecur;

/** Sums of products in registers at a time, as compiled-engine.ts chooses them. */
const accumulators = { simd: 6, relaxed: 8 };

const specOf = (cell: Cell) => cell[internals].spec as EquationSpec;

/** The cell that the page follows. */
export const followed = () => gruCell(3, 5, { seed: 1 });

/** Its plan and code, by plain SIMD: the same on every machine. */
export function compiled(cell: Cell) {
  const plan = memoryPlan([specOf(cell)], accumulators.simd);
  return { plan, ...compile(plan, false) };
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
    activations: activationTable(),
    coefficients: [
      `P = ${polynomial(expm1Coefficients)}`,
      `Q = ${polynomial(log1pCoefficients)}`,
    ].join('\n'),
  };
  return page.replace(/^\{\{(.*)\}\}$/gm, (_, name) => shown[name]);
}

const polynomial = (coefficients: readonly number[]) =>
  coefficients.map((c, i) => (i ? `${c}·v${i > 1 ? superscript(i) : ''}` : c)).join(' + ');
const superscript = (n: number) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[n];

/** How sums are divided, by size, on the two kinds of code. */
function orderTable(): string {
  const rows = [3, 8, 32, 64, 128, 256].map(size => {
    const spec = specOf(gruCell(size, size, { seed: 1 }));
    const cells = Object.values(accumulators).flatMap(n => {
      const { layers, end } = memoryPlan([spec], n);
      const [{ groups, tile, split }] = layers[0].stages;
      return n === accumulators.simd ? [groups, tile, split, Math.ceil(end / 1024)] : [tile, split];
    });
    const { bytes } = compile(memoryPlan([spec], accumulators.simd), false);
    return `| ${[size, ...cells, bytes.length].join(' | ')} |`;
  });
  return [
    '| GRU | groups | `simd`: tile | split | memory, kB | relaxed: tile | split | `simd`: module, bytes |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

const parameters = ['now', 'next', 'spare', 'count'];

function functionTable(bytes: Uint8Array): string {
  const does: Readonly<Record<string, string>> = {
    prepare: 'what depends on parameters alone, once they are packed; nothing here',
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

/** `step` up to the first four rows' output; the rest is the same again for those that are left. */
function stepText(): string {
  const { plan, bytes, constants } = compiled(followed());
  const regions = regionsOf(plan, constants.length);
  const annotate = (offset: number, moving: boolean) => {
    const region = regions.find(({ at, bytes: size }) => offset >= at && offset < at + size);
    if (!region || (moving && region.at === 0)) return undefined;
    if (region.at === 0) return String(constants[offset / 16]);
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
};

function activationTable(): string {
  const rows = Object.entries(how).map(([name, text]) => `| \`${name}\` | ${text} |`);
  return ['| activation | worked out as |', '| --- | --- |', ...rows].join('\n');
}

const page = `# How a cell becomes machine code

<!-- Printed by test/docs/machine-code-page.ts: npx vitest run --config test/vitest.config.ts test/docs/machine-code -u -->

A cell is its equations. When a model first runs, its equations are compiled to one WebAssembly
module, here and now: there is no file to fetch and no tool to install. This page follows one cell,
\`gruCell(3, 5)\`, through every stage. All that is in boxes and tables is printed by the code that does
it; a test holds the page equal to what that prints.

## The text

As \`equations(cell)\` prints it, with the activations by name:

\`\`\`text
{{text}}
\`\`\`

## The plan

The text read into numbered values, each made of earlier ones. A sum of products is one value
(\`affine\`), the biases of its rows included. A dimension is one of the cell's sizes.

\`\`\`text
{{plan}}
\`\`\`

The interpreter (backend \`portable\`), the reference in double precision and the compiler all read
this; none of them knows a cell by name.

## The stages

A compiled step works rows out a few at a time. What is elementwise needs only those rows; a product
needs its whole vector. So a plan falls into stages: within one, all products are of vectors that are
there in full.

\`\`\`text
{{stages}}
\`\`\`

A GRU is one stage, since \`U_n h\` is a product of the old state. With \`resetGate: 'before'\` it is of
\`r * h\`, which must be complete first: then there are two, and what the first stores for the second
stays in a scratch vector.

\`\`\`text
{{stages, reset before}}
\`\`\`

## The memory

Each model has one memory. Rows go in groups of four, the width of a vector register; 5 rows are two
groups, of which the last has three rows of zeros. Weights are packed once, in the order in which the
code reads them: group, column, map, four rows. From one group to the next it is no power of two
bytes, whose multiples would share a few lines of the cache.

\`\`\`text
{{memory}}
\`\`\`

Inputs and outputs have room for the steps or streams of one call; more are done in several calls.
\`sums\` is for sequences: what the products of all inputs come to. A stream's block holds its states.

## The order of the additions

A sum of products begins with its biases, which are added up when they are packed. Then come its
arguments, the input first. The columns of
an argument are taken in blocks of 32 × split; within a block every split-th column is added to a sum
of its own, in order; these sums are added in pairs, pairs of pairs, and the block's sum is added to
the total. So no running sum is longer than 32 columns: over more of them float32
loses too many bits. Plain SIMD rounds each product and each addition. Relaxed SIMD does both in one
instruction, which the hardware rounds once (\`relaxed-fma\`) or twice (\`relaxed-nofma\`).

How many rows are worked out together (a tile of groups) and how many sums are kept apart follows from
the number of registers. \`memory\` is without the streams' blocks.

{{order}}

Tiles decide about speed only. The order depends on the columns and the split, which depend on the
model and on nothing else. Whoever asks for a sum, \`step\`, \`steps\` or \`streams\`, gets the same
bits.

## The code

A module has four functions. Their arguments are addresses of states (\`now\`, \`next\`, \`spare\`) and
a count; they answer 0, or which layer was given something infinite or NaN. All layers of a chain are
in one function: a step of a chain is one call.

{{functions}}

The beginning of \`step\`: the biases, the products of x, the products of h, and the first four rows to
their end, with three activations. The last five lines are \`h'\`: what is nearer to zero than
1e-30 becomes zero, then it is stored as state and as output. After \`;;\` is what lies at
the offsets.

\`\`\`text
{{step}}
\`\`\`

For a larger model the products and all that follows stand in a loop over tiles; the loop over columns
takes more of them at once.

What V8 makes of it is not shown, since it is V8's own. It compiles a function when it is first called,
quickly and without much thought, and once more, in the background and with care, when it has been
called often. Vector locals become registers, a load goes into the instruction that uses it where the
processor can do that, and the bounds of the memory are guarded by the operating system, not by
comparisons. The first steps are therefore slower than the later ones: see
[performance](performance.md#the-first-step).

## Activations

The engine has no exp and no tanh for vectors. Those here are composed of additions, multiplications
and one division, so that numbers don't depend on the engine's library:

- eˣ: n is x·log₂e rounded to a whole number, r = x − n·ln 2 (ln 2 in two parts, a short one and the
  rest), and eʳ − 1 = r + r²·P(r) for |r| ≤ ½ ln 2. 2ⁿ is put together from its bits.
- log(1 + e) in softplus: s·(2 + s²·Q(s²)).

\`\`\`text
{{coefficients}}
\`\`\`

\`node test/kernels/fit.mjs\` fits the coefficients and prints them.

{{activations}}

Worst errors are not copied here. \`test/kernels/activations.test.ts\` states one for each function and
holds the code to it, over all exponents of both signs, subnormal numbers, ±0, ±Infinity, NaN, and
finely where functions bend or saturate. NaN stays NaN.

## Subnormal states

A state that decays ends among the subnormal numbers, with which processors are many times slower, and
WebAssembly cannot switch them off. So compiled code stores a state as 0 where it is nearer to zero
than 1e-30. The portable path works in double precision and has no need to.

## The same bits

One step, a step within a sequence, a column of a batch, and one of many keys are the same numbers, bit
for bit, within one backend:

- A sum has one order, see above. A sequence works out the products of its inputs for all steps at once
  and goes on from these sums; that is a pause within the order, not another order.
- Elementwise work is the same instructions, four rows at a time. Rows do not meet.
- Streams do not meet either: a batch is stepped tile by tile, and for each tile stream by stream, so
  that the tile's weights are in the cache.

\`\`\`ts
import { gru, stateful } from 'rxrecur';

const layer = gru(3, 40, { seed: 1 });
const xs = [[1, 2, 3], [4, 5, 6], [7, 8, 9]];
const one = stateful(layer);
const single = xs.map(x => String(one(x)));
stateful(layer).map(xs).map(String).join() === single.join(); // → true
\`\`\`

## Backends

| backend | what it is | its numbers |
| --- | --- | --- |
| \`relaxed-fma\` | WebAssembly with relaxed SIMD, on hardware that rounds a·b + c once | the same on all such machines |
| \`simd\` | WebAssembly with plain SIMD | the same on every machine |
| \`relaxed-nofma\` | relaxed SIMD where the hardware rounds twice | as its hardware does it |
| \`portable\` | plain JavaScript, in double precision between float32 states | the same within one version of a JavaScript engine |

The engine is asked once, by a very small module that is validated and run. A layer takes the first of
the table that there is. All are within the bounds that README's sixth law states.

\`\`\`ts
import { backend, gru, ready, stateful } from 'rxrecur';

const layer = gru(3, 5, { seed: 1 });
const chosen = backend(layer); // 'relaxed-fma' in Node 22 and later, 'simd' in Node 20
(await ready(layer)) === chosen; // → true

const pinned = stateful(layer, { backend: 'portable' });
pinned.snapshot().backend; // → portable
\`\`\`

- **\`backend(layer)\`** says what runs a layer here, and compiles it if that was not done. A chain with
  plain functions in it is stepped member by member; it says what runs its first layer of equations.
- **The \`backend\` option** of \`recur\`, \`stateful\`, \`forecast\`, \`telemetry\` and \`recurBy\` pins
  one; a backend that this engine has not got is refused at the call. Pin \`simd\` where numbers must be
  the same on all machines.
- **Content-security policies.** A page may be forbidden to compile WebAssembly: its \`script-src\` lacks
  \`'wasm-unsafe-eval'\`. Then, as where WebAssembly or SIMD is missing, the portable path takes over by
  itself. Nothing here ever needs \`'unsafe-eval'\`.
- **\`await ready(layer)\`** compiles without blocking. Browsers bound what may be compiled at once on the
  main thread (Chromium: 8 MB). The modules of one layer are a few kB, see the table above; they grow with
  the number of layers, hardly with their sizes. Where a module is refused, or there is no memory for it, streams
  take the portable path; streams that start after \`ready\` take the compiled code.

A snapshot says which backend computed it, and any backend goes on from it.

## Memory and the pool

- A model's memory is the table's \`memory\`: parameters, and room for the vectors of one call.
- A stream has room for three blocks of states: where it is, where the next step is being written
  (a step that is refused leaves the state as it was), and one between for sequences. A batch has as much
  for each column. A key of \`recurBy\` has one block.
- Blocks come from the model's pool and go back to it when a subscription ends, however it ends. A
  \`stateful\` model gives its own back when it is garbage-collected. The room of streams that have ended
  is used first; the memory grows to twice its size when all is taken, and never shrinks.
- All streams of a layer share its code and its parameters.
- Engines reserve addresses for each memory, so that they need not compare bounds, and have only so many:
  a page in Chromium has room for some hundred models at a time. Those beyond take the portable path.
  Models that are gone make room when they are garbage-collected; one layer for many streams needs one.

## What is kept

- **Modules**, by text, declarations, sizes and options, whatever the parameters: a hundred layers
  \`gru(3, 5)\` compile once. The 64 newest are kept.
- **A model with its memory**, by the cell, for each backend that was asked for. It is gone when
  the cell is.
`;
