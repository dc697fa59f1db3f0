import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defineCell } from '../../src/index.js';
import { load, readSafetensors, readStateDict, save } from '../../src/io/index.js';
import { sameBits } from '../laws/bits.js';
import { file, folder, model, modelFile, rxrecur } from './command.js';

const convert = (...args: string[]) => rxrecur(['convert', ...args]);
const done = { code: 0, stdout: '', stderr: '' };

test.concurrent('there and back the parameters are the same, bit for bit', async () => {
  const [torch, back] = [file('torch.safetensors'), file('back.safetensors')];
  expect(await convert(modelFile, torch, '--to', 'pytorch')).toEqual(done);
  const { tensors } = readSafetensors(readFileSync(torch));
  expect(Object.keys(tensors).slice(-3)).toEqual(['0.bias_hh_l0', '1.weight', '1.bias']);
  sameBits(readStateDict(tensors).params, model.params);
  expect(await convert(torch, back)).toEqual(done);
  expect(readFileSync(back)).toEqual(readFileSync(modelFile));
});

test.concurrent('a file is replaced in one step, through a link, even by itself', async () => {
  const [target, link] = [file('target.safetensors', readFileSync(modelFile)), file('link')];
  symlinkSync(target, link);
  expect(await convert(link, link, '--to', 'rxrecur')).toEqual(done);
  sameBits(load(readFileSync(target)).params, model.params);
  expect(readdirSync(folder).filter(name => name.startsWith('.target'))).toEqual([]);
});

test.concurrent('what cannot be converted ends with code 2, and nothing is written', async () => {
  const own = defineCell('Own', "h' = φ(W x + U h)")(1, 2);
  const path = file('own.safetensors', save(own));
  const out = file('never');
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [[modelFile, out], 'never: its ending tells no format; choose one with --to'],
    [[modelFile, out, '--to', 'keras'], "argument 'keras' is invalid. Allowed choices are"],
    [
      [path, out, '--to', 'pytorch'],
      'expected a layer that PyTorch has, got Recur(OwnCell(1, 2, tanh))',
    ],
    [['nowhere', out, '--to', 'rxrecur'], 'nowhere: no such file or directory'],
    [[modelFile, file('no/where'), '--to', 'rxrecur'], 'no such file or directory'],
    [[modelFile], "missing required argument 'output'"],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await convert(...args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  }
  expect(readdirSync(folder)).not.toContain('never');
});
