import { mkdirSync, readFileSync } from 'node:fs';
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
  expect(missing.stderr).toContain('none.bin: no such file or directory');
});

test.concurrent('to ONNX and back the parameters are the same, bit for bit', async () => {
  const [onnx, back] = [file('there.onnx'), file('back.safetensors')];
  expect((await rxrecur(['convert', modelFile, onnx])).code).toBe(0);
  expect((await rxrecur(['convert', onnx, back])).code).toBe(0);
  const read = load(readFileSync(back));
  sameBits(read.params, load(save(model)).params);
  expect(String(read)).toBe(String(model));
});
