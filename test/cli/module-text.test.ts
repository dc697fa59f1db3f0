import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleText } from '../../src/cli/module-text.js';
import {
  type AnyCell,
  activationCell,
  averagePool1dCell,
  backwardCell,
  batchNormCell,
  bidirectionalCell,
  causalConv1dCell,
  chainCell,
  contextCell,
  conv1dCell,
  conv2dCell,
  convTranspose2dCell,
  defineCell,
  denseCell,
  dropoutCell,
  eachCell,
  embeddingCell,
  exposedCell,
  gruCell,
  indRnnCell,
  janetCell,
  lastCell,
  layerNormCell,
  lemCell,
  lstmCell,
  padCell,
  parallelCell,
  peepholeLstmCell,
  preluCell,
  read,
  recur,
  repeatVectorCell,
  rnnCell,
  skipCell,
  sliceCell,
  softmaxCell,
  tap,
  windowCell,
  wiredCell,
  wiredRecordsCell,
} from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { build } from './build.js';
import '../slow.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const seed = 1;

const whole = chainCell(
  conv1dCell(2, 4, 2, { seed, padding: 'same', activation: { name: 'elu', alpha: 0.5 } }),
  averagePool1dCell(4, 2),
  bidirectionalCell(gruCell(4, 2, { seed }), 'concat', gruCell(4, 2, { seed: 2 })),
  backwardCell(rnnCell(4, 3, { seed })),
  lastCell(3),
);

const own = defineCell('Own', "h' = a * φ(W x + U h)", { constants: { a: -0 } });
const two = defineCell('Two', 'y = a * tanh(b)', { inputs: { a: 'hidden', b: 'hidden' } });

/** Models that modules make by calls. */
const called: Readonly<Record<string, AnyCell>> = {
  chain: chainCell(
    lstmCell(2, 3, { seed, clip: 2, bias: false }),
    gruCell(3, 3, { seed, resetGate: 'before', gateActivation: 'hardSigmoid6' }),
    peepholeLstmCell(3, 2, { seed }),
    janetCell(2, 2, { seed, beta: 0 }),
    lemCell(2, 2, { seed, dt: 0.25 }),
    indRnnCell(2, 2, { seed, activation: { name: 'leakyRelu', alpha: 0.125 } }),
    layerNormCell(2, { epsilon: 1e-3 }),
    batchNormCell(2),
    preluCell(2),
    dropoutCell(2),
    activationCell(2, 'silu'),
    activationCell(2, 'relu6'),
    activationCell(2, { name: 'affine', alpha: 0.5, beta: -0.25 }),
    softmaxCell(2),
    denseCell(2, 2, { seed, activation: 'sigmoid' }),
  ),
  parts: chainCell(
    tap('a "name" \\', embeddingCell(4, 3, { seed })),
    contextCell(3, 3),
    padCell(6, 1, 1, 'reflect'),
    sliceCell(8, 0, 4),
    skipCell(causalConv1dCell(4, 4, 2, { seed, groups: 2, dilation: 3 }), 'add'),
    parallelCell('concat', rnnCell(4, 2, { seed }), denseCell(4, 1, { seed })),
    tap('__proto__'),
    read('__proto__', 'a "name" \\'),
    denseCell(6, 4, { seed }),
    eachCell(2, gruCell(2, 3, { seed })),
  ),
  window: windowCell(4, whole),
  autoencoder: windowCell(
    4,
    chainCell(lstmCell(1, 2, { seed }), lastCell(2), repeatVectorCell(2, 4)),
  ),
  frames: chainCell(
    conv2dCell(1, 2, { bands: 4, kernel: [2, 3], padding: 1, seed }),
    convTranspose2dCell(2, 1, { bands: 4, kernel: [1, 2], stride: [1, 2], seed }),
  ),
  one: denseCell(3, 1, { seed }),
  own: chainCell(own(2, 3, { seed }), own(3, 3, { seed, a: 0.5 }), denseCell(3, 1, { seed })),
  reduced: chainCell(defineCell('Own', 'y = x - mean(x)', { sameSize: true })(2, 2)),
  records: wiredRecordsCell(
    {
      ...{ inputs: ['p', 'q'], inputSizes: [3, 3], outputs: ['y'], outputSizes: [3] },
      ...{ states: [], stateSizes: [] },
      wires: [0, 0, 1, 3, -1, 0, 0, 1, 1, 0, 1, 3, -1, 0, 0, 1, 2, 0, 1, 3, [3, 3, 0, 1, 1, 1]],
    },
    [two({ a: 3, b: 3 }, 3) as never, denseCell(3, 3, { seed })],
  ),
  wired: wiredCell(
    {
      ...{ inputs: ['x'], inputSizes: [2], outputs: ['y'], outputSizes: [3] },
      // h of a GRU is kept outside of it; the other member adds its output to itself.
      ...{ states: ['s'], stateSizes: [3] },
      wires: [
        0, 0, 1, 2, 1, 0, 1, 3, 2, 0, 1, 3, -1, 0, 0, 1, 2, 0, 1, 3, -1, 0, 0, 1, 3, 0, 1, 3, 2, 3,
        1, 3,
      ],
    },
    [exposedCell(gruCell(2, 3, { seed })), two({ a: 3, b: 3 }, 3) as never],
  ),
  // Numbers that repeat each other, one by one or all together.
  repeated: chainCell(
    denseCell(3, 4, {
      params: { weight: [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], bias: [5, 5, 6, 6] },
    }),
    denseCell(4, 4, { params: { weight: Array(16).fill(-0.1), bias: [1e-40, -0, 1e38, 5] } }),
  ),
};

/** Models whose modules hold a file for `load`. */
const loaded: Readonly<Record<string, AnyCell>> = {
  begun: chainCell(recur(rnnCell(1, 2, { seed }), { initialState: [1, 2] }), denseCell(2, 1)),
};

let folder: string;

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'rxrecur-modules-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/rxrecur'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const cases = Object.entries({ ...called, ...loaded }).flatMap(([name, cell]) =>
  (['float32', 'float16', 'int8'] as const).map(weights => ({ name, cell, weights })),
);

/** What `save` writes of the models that the modules export, by a Node that makes no code. */
function saved(): Readonly<Record<string, string>> {
  const names = cases.map(({ name, weights }) => `${name}-${weights}`);
  for (const [i, { cell, weights }] of cases.entries()) {
    const text = moduleText(load(save(cell)), { weights });
    writeFileSync(join(folder, `${names[i]}.mjs`), text);
  }
  const script = `import { save } from 'rxrecur/io';
    const saved = {};
    for (const name of ${JSON.stringify(names)}) {
      const { default: model } = await import('./' + name + '.mjs');
      saved[name] = Buffer.from(save(model)).toString('base64');
    }
    console.log(JSON.stringify(saved));`;
  writeFileSync(join(folder, 'main.mjs'), script);
  const args = ['--disallow-code-generation-from-strings', 'main.mjs'];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }));
}

test('the model of a module is that of the file: text, settings and every bit of its parameters', () => {
  const models = saved();
  expect(Object.keys(models)).toHaveLength(cases.length);
  for (const { name, cell, weights } of cases) {
    const want = save(load(save(cell, { weights })));
    expect(models[`${name}-${weights}`], name).toBe(Buffer.from(want).toString('base64'));
  }
});

test('a module imports the constructors that it calls, or load where there are none', () => {
  for (const [name, cell] of Object.entries(called)) {
    const text = moduleText(load(save(cell)), {});
    const [constructors, ...others] = text.match(/^import .*$/gm) ?? [];
    expect(constructors, name).toMatch(/^import \{ (\w+, )*recur(, \w+)* \} from 'rxrecur';$/);
    expect(others, name).toEqual([]);
  }
  for (const cell of Object.values(loaded)) {
    const text = moduleText(load(save(cell)), {});
    expect(text.match(/^import .*$/gm)).toEqual(["import { load } from 'rxrecur/io';"]);
  }
});

test('a text of the model stands in its module once, and is not read there', () => {
  const text = moduleText(load(save(called.own)), {});
  expect(text.match(/plannedCell\(/g)).toHaveLength(1);
  expect(text).toContain('cell0(2, 3, { params:');
  expect(text).toContain('cell0(3, 3, { a: 0.5, params:');
  expect(moduleText(load(save(called.reduced)), {})).toContain('defineCell("Own"');
});

test('numbers that repeat each other stand in a module once', () => {
  const text = moduleText(load(save(called.repeated)), {});
  expect(text).toContain('const float32 = split([3, 2, 1, 4]');
});

test('a call says what differs from the usual, and no more', () => {
  const cell = chainCell(gruCell(2, 3, { seed, resetGate: 'before' }), denseCell(3, 1, { seed }));
  const [network] = /export default [\s\S]*?;/.exec(moduleText(load(save(cell)), {})) ?? [];
  expect(network).toBe(`export default recur(chainCell(
  gruCell(2, 3, { resetGate: "before", params: { weightIh: float32[0], weightHh: float32[1], biasIh: spread(float32[2], 9, 9), biasHh: spread(float32[2], 9, 9) } }),
  denseCell(3, 1, { params: { weight: float32[3], bias: float32[2] } }),
));`);
});
