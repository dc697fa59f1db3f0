import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load, save } from '../../src/io/index.js';
import { readKeras } from '../../src/io/keras/index.js';
import { readOnnx } from '../../src/io/onnx/index.js';
import { sameBits } from '../laws/bits.js';
import { file, folder, linesOf, model, modelFile, rxrecur } from './command.js';

const golden = (path: string) => readFileSync(join('test/golden', path));
const inspect = async (path: string) => linesOf((await rxrecur(['inspect', path])).stdout);

/** A model.json of one dense layer whose weights are in a file of that path. */
function tfjs(path: string): string {
  const config = { name: 'd', units: 1, batch_input_shape: [null, 2] };
  const weights = [
    { name: 'd/kernel', shape: [2, 1], dtype: 'float32' },
    { name: 'd/bias', shape: [1], dtype: 'float32' },
  ];
  const layers = [{ class_name: 'Dense', config }];
  const modelTopology = { class_name: 'Sequential', config: { name: 's', layers } };
  return JSON.stringify({ modelTopology, weightsManifest: [{ paths: [path], weights }] });
}

test.concurrent('Keras and ONNX are told by their first bytes', async () => {
  const keras = golden('keras/lstm.keras');
  const onnx = golden('onnx/lstm-linear.onnx');
  const [first, second] = await Promise.all([
    inspect(file('keras.bin', keras)),
    inspect(file('onnx.bin', onnx)),
  ]);
  expect(first.slice(0, 2)).toEqual(['format      Keras', `model       ${readKeras(keras)}`]);
  expect(second.slice(0, 2)).toEqual(['format      ONNX', `model       ${readOnnx(onnx)}`]);
  const old = await inspect(file('old.bin', golden('keras/graph.h5')));
  expect(old[0]).toBe('format      Keras');
});

test.concurrent('a .nam file is told with what it says of its sound, run and converted', async () => {
  const text = readFileSync(join('test/golden/nam/models.json'), 'utf8');
  const cases = JSON.parse(text) as { file: object; x: number[][]; y: number[][] }[];
  const [{ file: net, x, y }] = cases.slice(-2);
  const metadata = { gain: 0.5, name: 'Crunch\u001b', date: { year: 2024 } };
  const path = file('amp.json', JSON.stringify({ ...net, metadata }));
  expect((await inspect(path)).slice(0, 8)).toEqual([
    'format      Neural Amp Modeler (.nam)',
    'version     0.6.0',
    'architecture LSTM',
    'sample rate 48000',
    'gain        0.5',
    'name        Crunch\\u{1b}',
    'date        {"year":2024}',
    'model       Chain(Recur(LSTMCell(1, 5)), Dense(5, 1))',
  ]);
  const rows = `x\n${x.join('\n')}\n`;
  const ran = await rxrecur(['run', path], rows);
  const answers = linesOf(ran.stdout).slice(1).map(Number);
  expect(ran.code).toBe(0);
  expect(Math.max(...answers.map((v, t) => Math.abs(v - y[t][0])))).toBeLessThan(1e-6);
  const own = join(folder, 'amp.safetensors');
  expect((await rxrecur(['convert', path, own])).code).toBe(0);
  expect((await rxrecur(['run', own], rows)).stdout).toBe(ran.stdout);
});

test.concurrent('the shards of a model.json are read beside it, and nowhere else', async () => {
  mkdirSync(join(folder, 'web', 'shards'), { recursive: true });
  const shard = new Uint8Array(Float32Array.of(2, -1, 0.5).buffer);
  file('web/shards/one.bin', shard);
  file('outside.bin', shard);
  const path = file('web/model.json', tfjs('shards/one.bin'));
  const { code, stdout } = await rxrecur(['run', path], 'a,b\n1,2\n3,1\n');
  expect([code, stdout]).toEqual([0, 'y1\n0.5\n5.5\n']);
  for (const outside of ['../outside.bin', 'shards/../../outside.bin', '/etc/hostname', 'c:\\x']) {
    const { code, stderr } = await rxrecur(['inspect', file('web/bad.json', tfjs(outside))]);
    expect(code).toBe(2);
    expect(stderr).toContain('weightsManifest: expected paths below that of the model');
  }
  const missing = await rxrecur(['run', file('web/lost.json', tfjs('none.bin'))], 'a,b\n1,2\n');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('none.bin: no such file or directory; lost.json has weights');
});

const weights = golden('onnx/external-lstm.onnx.data');
const weightsName = 'external-lstm.onnx.data';

test.concurrent('the weights of an ONNX file are read beside it', async () => {
  mkdirSync(join(folder, 'torch'));
  const path = file('torch/net.onnx', golden('onnx/external-lstm.onnx'));
  const alone = await rxrecur(['inspect', path]);
  expect(alone.code).toBe(2);
  expect(alone.stderr).toContain(
    `torch/${weightsName}: no such file or directory; net.onnx has weights in it: put it there`,
  );
  file(`torch/${weightsName}`, weights);
  expect((await inspect(path))[1]).toBe('model       Chain(Recur(LSTMCell(3, 20)), Dense(20, 2))');
  // PyTorch's numbers: the first step of the golden file.
  const told = JSON.parse(golden('onnx/external-lstm.json').toString()) as {
    readonly [name in 'input' | 'output']: { readonly data: readonly number[] };
  };
  const { stdout } = await rxrecur(['run', path], `a,b,c\n${told.input.data.slice(0, 3)}\n`);
  const [, row] = linesOf(stdout);
  for (const [i, y] of row.split(',').entries()) {
    expect(Math.abs(Number(y) - told.output.data[i])).toBeLessThanOrEqual(1e-6);
  }
});

test.concurrent('a link among weights may lead to where the model lies, and nowhere else', async () => {
  for (const name of ['blobs', 'cache', 'bad']) mkdirSync(join(folder, name));
  const blob = file('blobs/1', golden('onnx/external-lstm.onnx'));
  file('blobs/2', weights);
  // As the cache of a hub has it.
  symlinkSync('../blobs/1', file('cache/net.onnx'));
  symlinkSync('../blobs/2', file(`cache/${weightsName}`));
  expect((await rxrecur(['inspect', file('cache/net.onnx')])).code).toBe(0);
  copyFileSync(blob, file('bad/net.onnx'));
  symlinkSync('../blobs/2', file(`bad/${weightsName}`));
  const { code, stderr } = await rxrecur(['inspect', file('bad/net.onnx')]);
  expect(code).toBe(2);
  expect(stderr).toContain(
    `external_data: expected paths below that of the model, got a link from ${weightsName} to`,
  );
});

test.concurrent('a name of weights that leads out of the folder is refused', async () => {
  const onnx = Buffer.from(golden('onnx/external-lstm.onnx')).toString('latin1');
  mkdirSync(join(folder, 'within'));
  file('lstm.data', weights);
  // Names as long as the old one: all lengths in the file stay right.
  for (const name of ['..', '/etc', 'a/../..'].map(start => `${start}/lstm.data`)) {
    const padded = name.replace('/', '/'.repeat(weightsName.length - name.length + 1));
    const path = file(
      'within/net.onnx',
      Buffer.from(onnx.replaceAll(weightsName, padded), 'latin1'),
    );
    const { code, stderr } = await rxrecur(['inspect', path]);
    expect(code).toBe(2);
    expect(stderr).toContain('external_data: expected paths below that of the model, got');
  }
});

test.concurrent('to ONNX and back the parameters are the same, bit for bit', async () => {
  const [onnx, back] = [file('there.onnx'), file('back.safetensors')];
  expect((await rxrecur(['convert', modelFile, onnx])).code).toBe(0);
  expect((await rxrecur(['convert', onnx, back])).code).toBe(0);
  const read = load(readFileSync(back));
  sameBits(read.params, load(save(model)).params);
  expect(String(read)).toBe(String(model));
});
