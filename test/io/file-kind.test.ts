import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { dense, gru } from '../../src/index.js';
import {
  fromStateDict,
  load,
  readSafetensors,
  readStateDict,
  save,
  writeStateDict,
} from '../../src/io/index.js';
import { readKeras, readKerasWeights } from '../../src/io/keras/index.js';
import { readNam } from '../../src/io/nam/index.js';
import { readNpy, readNpz, writeNpy } from '../../src/io/npy/index.js';
import { onnxInitializers, readOnnx, writeOnnx } from '../../src/io/onnx/index.js';
import { readGuitarMl, readRtneural } from '../../src/io/rtneural/index.js';
import { readTfjs } from '../../src/io/tfjs/index.js';
import { refusal } from './files.js';
import { torchFile, torchLines } from './torch-files.js';

const golden = (path: string) => readFileSync(new URL(`../golden/${path}`, import.meta.url));
const text = (value: string) => new TextEncoder().encode(value);
const json = (value: object) => text(JSON.stringify(value));
const latin1 = (value: string) => Uint8Array.from(value, c => c.charCodeAt(0));
const zip = (...names: string[]) =>
  zipSync(Object.fromEntries(names.map(name => [name, new Uint8Array(3)])));

/** Every reader of bytes, and the format of which it says what it expected. */
const readers: Readonly<
  Record<string, readonly [format: string, read: (b: Uint8Array) => unknown]>
> = {
  readSafetensors: ['safetensors', readSafetensors],
  load: ['safetensors', load],
  'readStateDict of bytes': ['safetensors', bytes => readStateDict(bytes as never)],
  'fromStateDict of bytes': ['safetensors', bytes => fromStateDict(gru(2, 3), bytes as never)],
  readNpy: ['npy', readNpy],
  readNpz: ['npz', readNpz],
  readKeras: ['keras', readKeras],
  readKerasWeights: ['hdf5', bytes => readKerasWeights(bytes, gru(1, 2))],
  readOnnx: ['onnx', readOnnx],
  onnxInitializers: ['onnx', onnxInitializers],
  readTfjs: ['tfjs', bytes => readTfjs(bytes, [])],
  readRtneural: ['rtneural', readRtneural],
  readGuitarMl: ['guitarml', readGuitarMl],
  readNam: ['nam', readNam],
};

const intoSafetensors = (name: string) => `in Python: ${torchLines(name).join('; ')}`;

type Case = readonly [
  name: string,
  bytes: Uint8Array,
  what: string,
  how: string,
  own?: readonly string[],
];

/** Files by what is said of them, and what to do; `own`: the formats that they are. */
const files: readonly Case[] = [
  ...(['forecaster.pt', 'forecaster.pth', 'checkpoint.pt', 'module.pt', 'script.pt'] as const).map(
    name => {
      const what = {
        'forecaster.pt': 'a file of torch.save (a zip with a pickle)',
        'forecaster.pth': 'a file of torch.save before PyTorch 1.6 (a pickle)',
        'checkpoint.pt': 'a checkpoint of torch.save (a zip with a pickle)',
        'module.pt': 'a whole module of torch.save (a zip with a pickle)',
        'script.pt': 'a TorchScript archive',
      }[name];
      return [`torch’s ${name}`, torchFile(name), what, intoSafetensors(name)] as const;
    },
  ),
  [
    'a tar of PyTorch 0.1',
    latin1(`sys_info\0${'\0'.repeat(248)}ustar\x0000`),
    'a file of torch.save before PyTorch 0.2 (a tar)',
    intoSafetensors('forecaster.pt'),
  ],
  [
    'a program of torch.export',
    zip('net/archive_format', 'net/data/weights/w.pt'),
    'a program of torch.export (.pt2)',
    "save_file(dict(torch.export.load('net.pt2').state_dict), 'net.safetensors')",
  ],
  [
    'a pickle of Python',
    latin1('\x80\x04\x95\x0c\0\0\0\0\0\0\0}\x94'),
    "Python's pickle",
    'a pickle is a program and is not run; in Python: import pickle;',
  ],
  [
    'a pickle of protocol 0',
    text('ccollections\nOrderedDict\np0\n'),
    "Python's pickle",
    'in Python: import pickle;',
  ],
  [
    'a pointer of Git LFS',
    text(
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1' +
        '258daaa5e2ca24d17e2393\nsize 12345\n',
    ),
    'a pointer of Git LFS, not the file itself',
    'in its repository: git lfs install; git lfs pull',
  ],
  [
    'a web page',
    text('\n<!DOCTYPE html>\n<html lang="en"><head><title>net.safetensors</title>'),
    'a web page, not the file itself',
    'curl -L -o net.safetensors https://huggingface.co/OWNER/NAME/resolve/main/net.safetensors; ' +
      'curl -L -o net.safetensors https://github.com/OWNER/NAME/raw/main/net.safetensors',
  ],
  ['XML', text('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'), 'XML', ''],
  ['an empty file', new Uint8Array(0), 'an empty file', 'its download has not finished'],
  ['zeros', new Uint8Array(4096), 'nothing but zeros', 'its download has not finished'],
  ['gzip', gzipSync(save(dense(1, 1))), 'a gzip file', 'unpack it: gunzip -k net.gz'],
  ['zstd', latin1('\x28\xb5\x2f\xfd\x04\0'), 'a zstd file', 'unpack it: unzstd net.zst'],
  ['xz', latin1('\xfd7zXZ\0'), 'an xz file', 'unpack it: unxz -k net.xz'],
  ['bzip2', latin1('BZh91AY&SY'), 'a bzip2 file', 'unpack it: bunzip2 -k net.bz2'],
  ['7z', latin1('7z\xbc\xaf\x27\x1c\0\x04'), 'a 7z archive', 'unpack it: 7z x net.7z'],
  ['a tar', latin1(`net/${'\0'.repeat(253)}ustar\x0000`), 'a tar archive', 'tar -xf net.tar'],
  ['TensorFlow Lite', latin1('\x1c\0\0\0TFL3\x14\0 \0'), 'a TensorFlow Lite model (.tflite)', ''],
  ['onnxruntime’s own', latin1('\x08\0\0\0ORTM'), "a model in onnxruntime's own format (.ort)", ''],
  ['GGUF', latin1('GGUF\x03\0\0\0'), 'a GGUF file of a language model', ''],
  ['MATLAB', text('MATLAB 5.0 MAT-file, Platform: GLNXA64'), "MATLAB's file (.mat)", 'scipy.io'],
  [
    'a zipped SavedModel',
    zip('net/saved_model.pb', 'net/variables/variables.index'),
    "TensorFlow's SavedModel",
    'pip install tf2onnx; python -m tf2onnx.convert --saved-model saved_model --output net.onnx',
  ],
  [
    'a saved_model.pb',
    latin1(`\x08\x01\x12\x90\x02\x0a\x80\x01${'x'.repeat(300)}`),
    "TensorFlow's SavedModel",
    'pip install tf2onnx',
  ],
  [
    'a zip of something',
    zip('a.txt', 'b/c.bin', 'd', 'e'),
    "a zip archive of 'a.txt', 'b/c.bin', 'd' and others",
    'unpack it: unzip net.zip',
  ],
  ['text', text('time,metres\n1,2\n'), "text ('time,metres')", ''],
  ['text that steers', text('a\u001b[2J\u0007'), '', ''],
  [
    'safetensors',
    save(dense(1, 1)),
    'a safetensors file',
    'load or readSafetensors reads it',
    ['safetensors'],
  ],
  [
    'a state_dict',
    writeStateDict(dense(1, 1)),
    'a safetensors file',
    'readSafetensors',
    ['safetensors'],
  ],
  ['.keras', golden('keras/lstm.keras'), 'a .keras archive', 'readKeras reads it', ['keras']],
  [
    '.h5',
    golden('keras/graph.h5'),
    'an HDF5 file',
    "readKeras reads Keras's .h5",
    ['keras', 'hdf5'],
  ],
  ['ONNX', writeOnnx(dense(1, 1)), 'an ONNX file', 'readOnnx reads it', ['onnx']],
  [
    '.npy',
    writeNpy(dense(1, 1).params.weight),
    "NumPy's array (.npy)",
    'readNpy reads it',
    ['npy'],
  ],
  ['.npz', zip('arr_0.npy'), "NumPy's arrays (.npz)", 'readNpz reads it', ['npz']],
  [
    'a model.json',
    json({ format: 'layers-model', modelTopology: {}, weightsManifest: [] }),
    "TensorFlow.js's model.json",
    'readTfjs reads it, with its shards',
    ['tfjs'],
  ],
  [
    'RTNeural',
    json({ in_shape: [null, 1], layers: [] }),
    "RTNeural's JSON",
    'readRtneural reads it',
    ['rtneural'],
  ],
  [
    'GuitarML',
    json({ model_data: {}, state_dict: {} }),
    "GuitarML's JSON",
    'readGuitarMl reads it',
    ['guitarml'],
  ],
  [
    'a config of Keras',
    json({ class_name: 'Sequential', config: { layers: [] } }),
    'a config of Keras without weights',
    'readKerasWeights takes it',
  ],
  [
    'the index of shards',
    json({ metadata: {}, weight_map: { 'a.weight': 'model-00001-of-00002.safetensors' } }),
    'the index of several safetensors files',
    'readStateDict takes the tensors of all',
  ],
  [
    'Neural Amp Modeler',
    json({ version: '0.5.0', architecture: 'LSTM', config: {}, weights: [] }),
    'a model of Neural Amp Modeler (.nam)',
    'readNam reads it',
    ['nam'],
  ],
  [
    'other JSON',
    json({ name: 'x', 'odd\u001b': { layers: 1 } }),
    "JSON with the fields 'name', ",
    "RTNeural's has layers and in_shape",
  ],
];

describe.each(Object.entries(readers))('%s', (_, [format, read]) => {
  const others = files.filter(([, , , , own]) => !own?.includes(format));
  const byName = others.map(([name, ...rest]) => [name, rest] as const);

  test.each(byName)('says that %s is that, and what to do', (_name, [bytes, what, how]) => {
    const message = refusal(() => read(bytes));
    // Text that would steer a terminal is told by no word of it.
    if (what === '') expect(message).not.toContain('got text (');
    else expect(message).toContain(`got ${what}`);
    expect(message).toContain(how);
    expect(message).toMatch(/^\P{C}+$/u);
  });
});

test('text is recognised as bytes are', () => {
  expect(refusal(() => readRtneural('<!doctype html><p>'))).toContain(
    "expected RTNeural's JSON, got a web page",
  );
  expect(refusal(() => readTfjs('version https://git-lfs.github.com/spec/v1\n', []))).toContain(
    "expected TensorFlow.js's model.json, got a pointer of Git LFS",
  );
});

test('a parsed object of another format is recognised by its fields', () => {
  const guitar = { model_data: {}, state_dict: {} };
  expect(refusal(() => readRtneural(guitar))).toBe(
    "rtneural: expected RTNeural's JSON, got GuitarML's JSON; readGuitarMl reads it",
  );
});

test('a file of the reader’s own format is told what is wrong with it, not what it is', () => {
  const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 40);
  const own: readonly (readonly [() => unknown, string])[] = [
    [() => readSafetensors(cut(save(gru(2, 3)))), 'an end within the 212 bytes of data'],
    [() => readKeras(cut(golden('keras/lstm.keras'))), '.keras: expected a zip archive'],
    [() => readNpz(cut(zip('arr_0.npy'))), 'no end of its directory; the file is cut short'],
    [() => readOnnx(cut(writeOnnx(gru(2, 3)))), 'the file is cut short'],
    [() => readRtneural('{"layers": ['), 'rtneural: expected JSON'],
    [() => readRtneural({ layers: [] }), 'rtneural layers: expected an array'],
    [
      () => readStateDict(writeStateDict(gru(2, 3)) as never),
      'readSafetensors(bytes).tensors has them',
    ],
  ];
  for (const [read, message] of own) expect(refusal(read)).toContain(message);
});

test('unknown bytes are only counted', () => {
  expect(refusal(() => readKeras(latin1('\x07\x01\xff\xfe')))).toBe(
    'Keras: expected a .keras archive or an .h5 file, got 4 other bytes',
  );
});

test('whatever follows a known beginning, it is told in printable words', () => {
  const heads = files.map(([, bytes]) => fc.constant(bytes.slice(0, 40)));
  fc.assert(
    fc.property(fc.oneof(...heads), fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      const bytes = Uint8Array.from([...head, ...rest]);
      for (const [format, read] of [readers.readSafetensors, readers.readNpz]) {
        const message = refusal(() => read(bytes));
        expect(message, format).toMatch(/^\P{C}+$/u);
      }
    }),
    { numRuns: 2000 },
  );
});
