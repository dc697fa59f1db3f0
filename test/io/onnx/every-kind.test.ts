import { describe, expect, test } from 'vitest';
import * as core from '../../../src/core.js';
import { layerKinds } from '../../../src/io/layer-kinds.js';
import { encodeModel } from '../../../src/io/onnx/encode.js';
import { readOnnx, writeOnnx } from '../../../src/io/onnx/index.js';
import { writtenGraph } from '../../../src/io/onnx/write-onnx.js';
import { save } from '../../../src/io/save.js';
import { exposedCell } from '../../../src/layers/exposed.js';
import { builtIn } from '../../cells/kinds.js';
import { refusal } from '../files.js';

const { chainCell, denseCell, gruCell, lstmCell, mguCell } = core;
const seed = { seed: 1 };

const norm = { weight: [1, 2, 3], bias: [4, 5, 6], runningMean: [7, 8, 9], runningVar: [1, 2, 3] };

/** A model with each constructor of the core. */
const written: Readonly<Record<string, () => core.AnyCell>> = {
  ...Object.fromEntries(
    Object.entries(builtIn).map(([name, make]) => [name, () => make(3, 4, seed) as core.AnyCell]),
  ),
  ...Object.fromEntries(
    ['tanh', 'elu', 'abs', 'relu6', 'selu', 'silu', 'square'].map(name => [
      `activation ${name}`,
      () => core.activationCell(3, name as never),
    ]),
  ),
  batchNorm: () => core.batchNormCell(3, { params: norm }),
  causalConv1d: () => core.causalConv1dCell(3, 4, 3, { dilation: 2, ...seed }),
  'causalConv1d in a step': () =>
    chainCell(core.causalConv1dCell(3, 4, 3, { dilation: 2, ...seed }), mguCell(4, 2, seed)),
  chain: () => chainCell(lstmCell(3, 4, seed), mguCell(4, 5, seed), denseCell(5, 2, seed)),
  context: () => core.contextCell(3, 7),
  conv2d: () => core.conv2dCell(2, 3, { bands: 4, kernel: [2, 3], ...seed }),
  convTranspose2d: () => core.convTranspose2dCell(2, 3, { bands: 4, kernel: [2, 3], ...seed }),
  dropout: () => core.dropoutCell(3),
  each: () => core.eachCell(3, core.starCell(2, 5, seed)),
  embedding: () => core.embeddingCell(7, 3, seed),
  layerNorm: () =>
    core.layerNormCell(3, { epsilon: 0.1, params: { weight: [1, 2, 3], bias: [4, 5, 6] } }),
  pad: () => core.padCell(3, 1, 2, 'reflect'),
  parallel: () => core.parallelCell('multiply', lstmCell(3, 4, seed), core.lemCell(3, 4, seed)),
  prelu: () => core.preluCell(3, { params: { alpha: [1, 2, 3] } }),
  skip: () => core.skipCell(gruCell(3, 3, { ...seed, clip: 0.5 }), 'concat'),
  slice: () => core.sliceCell(5, 1, 3),
  softmax: () => core.softmaxCell(3),
  stack: () => core.stackCell(2, i => mguCell(i ? 4 : 3, 4, seed)),
  taps: () =>
    chainCell(
      core.tap('x'),
      core.tap('y', core.ugrnnCell(2, 3, { ...seed, bias: false })),
      core.read('y', 'x'),
      denseCell(5, 2, { activation: { name: 'elu', alpha: 0.3 }, ...seed }),
    ),
  'a cell of its own': () =>
    core.defineCell('Leaky', "n = φ(W_n x + U_n h)\nh' = (1 - rate) * h + rate * n * s", {
      constants: { rate: 0.1 },
      vectors: { s: 1 },
    })(3, 4, { rate: 0.3, seed: 1 }),
  'several inputs and outputs': () =>
    core.defineCell('Masked', "h' = φ(W_h (m * x) + W_d d + U_h h)\nz = σ(V_z h')\nq = -h'", {
      inputs: { x: 'input', m: 'input', d: 'elapsed' },
      outputs: ['z', 'q'],
    })({ x: 3, m: 3, d: 2 }, 4, { projectionSize: 5, seed: 1 }) as unknown as core.AnyCell,
};

describe('what writeOnnx writes is read back, to the last bit', () => {
  test.each(Object.entries(written))('%s', (_, make) => {
    const cell = make();
    const bytes = writeOnnx(cell);
    const again = readOnnx(bytes).cell;
    expect(String(again)).toBe(String(cell));
    expect(save(again)).toEqual(save(cell));
    expect(writeOnnx(again)).toEqual(bytes);
  });
});

/** Layers that read whole sequences, which no file of a stream can hold. */
const refused: Readonly<Record<string, () => core.AnyCell>> = {
  averagePool1d: () => core.averagePool1dCell(3, 2),
  backward: () => core.backwardCell(gruCell(3, 4)),
  bidirectional: () => core.bidirectionalCell(gruCell(3, 4)),
  conv1d: () => core.conv1dCell(3, 4, 3),
  exposed: () => exposedCell(gruCell(3, 4)),
  globalAveragePool1d: () => core.globalAveragePool1dCell(3),
  globalMaxPool1d: () => core.globalMaxPool1dCell(3),
  last: () => core.lastCell(3),
  maxPool1d: () => core.maxPool1dCell(3, 2),
  repeatVector: () => core.repeatVectorCell(3, 2),
  window: () => core.windowCell(2, gruCell(3, 4)),
  wiredRecords: () =>
    core.wiredRecordsCell(
      {
        ...{ inputs: ['a', 'b'], inputSizes: [1, 1], outputs: ['y'], outputSizes: [2] },
        ...{ states: [], stateSizes: [], wires: [0, 0, 1, 1, 1, 0, 1, 1] },
      },
      [],
    ),
  wired: () =>
    readOnnx(encodeModel(writtenGraph(chainCell(gruCell(3, 4), mguCell(4, 2)))))
      .cell as core.AnyCell,
};

test.each(Object.entries(refused))('%s is refused by the writer', (_, make) => {
  expect(refusal(() => writeOnnx(make()))).toContain('writeOnnx');
});

test('no constructor of cells and no kind of layer is left out', () => {
  const walked = [...Object.keys(written), ...Object.keys(refused), 'tap', 'read'];
  const isWalked = (name: string) => walked.some(own => own === name || own.startsWith(`${name} `));
  const constructors = Object.keys(core).flatMap(name => /^(\w+)Cell$/.exec(name)?.[1] ?? []);
  const names = [...constructors, ...layerKinds.keys()].filter(
    name => name !== 'define' && name !== 'planned',
  );
  expect(names.filter(name => !isWalked(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(40);
});

/** A file's bytes, one of them another. */
function altered(bytes: Uint8Array, text: string, other: string): Uint8Array {
  const at = Buffer.from(bytes).lastIndexOf(text);
  expect(at).toBeGreaterThan(0);
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode(other), at);
  return copy;
}

test('a file whose metadata say another model than its graph is read as any other', () => {
  const dense = writeOnnx(denseCell(3, 4, { activation: 'tanh', seed: 1 }));
  expect(String(readOnnx(altered(dense, '"tanh"', '"relu"')))).toBe('Dense(3, 4, tanh)');
  const lstm = writeOnnx(lstmCell(3, 4, seed));
  const lies = readOnnx(altered(lstm, 'f * c + i * g', 'f * c - i * g'));
  expect(core.equations(lies.cell)).toContain('f * c + i * g');
  expect(save(lies.cell)).toEqual(save(lstmCell(3, 4, seed)));
});

test('a number of the file that was changed is the one that is read', () => {
  const bytes = writeOnnx(
    mguCell(1, 1, {
      params: {
        weightIh: [0.5, 0.25],
        weightHh: [0.125, 2],
        biasIh: [7, 3],
        biasHh: [5, 9],
      },
    }),
  );
  const place = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(7).buffer));
  const copy = bytes.slice();
  copy.set(new Uint8Array(Float32Array.of(11).buffer), place);
  expect([...(readOnnx(copy).cell.params as core.Params).biasIh.data]).toEqual([11, 3]);
});
