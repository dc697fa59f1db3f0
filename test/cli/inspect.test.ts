import { execFileSync } from 'node:child_process';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { bidirectionalCell, chain, dense, gru, gruCell, lstm } from '../../src/index.js';
import { save, writeStateDict } from '../../src/io/index.js';
import { writeNpy } from '../../src/io/npy/index.js';
import { writeOnnx } from '../../src/io/onnx/index.js';
import { torchFile, torchLines } from '../io/torch-files.js';
import { main } from './build.js';
import { file, linesOf, model, modelFile, Running, rxrecur } from './command.js';

const inspect = (path: string) => rxrecur(['inspect', path]);

const described = `model       Chain(Recur(GRUCell(2, 7)), Dense(7, 2))
input       [2]
output      [2]
hidden      [7]
parameters  247

[0] Recur(GRUCell(2, 7)): [2] → [7], 231 parameters
  weightIh [21, 2], weightHh [21, 7], biasIh [21], biasHh [21]
  r  = sigmoid(W_r x + U_r h)
  z  = sigmoid(W_z x + U_z h)
  n  = tanh(W_n x + r * (U_n h))
  h' = (1 - z) * n + z * h

[1] Dense(7, 2): [7] → [2], 16 parameters
  weight [2, 7], bias [2]
  y = W_y x
`;

/** RTNeural's JSON of a dense layer. */
const layer = (type: string, more: object = {}) => {
  return { type, activation: '', shape: [null, 1], weights: [[[2]], [1]], ...more };
};
const rtneural = (...layers: object[]) => JSON.stringify({ in_shape: [null, 1], layers });

test.concurrent('a model file is told layer by layer, with sizes, parameters and equations', async () => {
  expect(await inspect(modelFile)).toEqual({
    code: 0,
    stdout: `format      rxrecur (safetensors)\n${described}`,
    stderr: '',
  });
});

test.concurrent('formats are told by what is in the file, whatever its name', async () => {
  const [torch, rt, guitar] = await Promise.all([
    inspect(file('torch.json', writeStateDict(model))),
    inspect(file('rt.safetensors', `\uFEFF\n${rtneural(layer('dense'))}`)),
    inspect(
      file(
        'guitar.onnx',
        JSON.stringify({
          model_data: { unit_type: 'RNN', hidden_size: 1, skip: 1 },
          state_dict: {
            'rec.weight_ih_l0': [[1]],
            'rec.weight_hh_l0': [[1]],
            'rec.bias_ih_l0': [1],
            'rec.bias_hh_l0': [1],
            'lin.weight': [[1]],
            'lin.bias': [1],
          },
        }),
      ),
    ),
  ]);
  expect(torch.stdout).toBe(`format      PyTorch state_dict (safetensors)\n${described}`);
  expect(linesOf(rt.stdout).slice(0, 2)).toEqual([
    'format      RTNeural (JSON)',
    'model       Chain(Dense(1, 1))',
  ]);
  expect(linesOf(guitar.stdout).slice(0, 2)).toEqual([
    'format      GuitarML (JSON)',
    'model       Skip(Chain(Recur(RNNCell(1, 1, tanh)), Dense(1, 1)), add)',
  ]);
  expect(guitar.stdout).toContain('\n[0][0] Recur(RNNCell(1, 1, tanh)): [1] → [1], 4 parameters\n');
});

test.concurrent('a model that reads whole sequences is told with the reason', async () => {
  const both = bidirectionalCell(gruCell(2, 3, { seed: 1 }));
  const path = file('both.safetensors', writeStateDict(both));
  const { code, stdout } = await inspect(path);
  expect(code).toBe(0);
  expect(stdout).toContain('\nsequences   whole ones only: it also runs from the last step');
  const running = await rxrecur(['run', path, '--on-error', 'skip'], 'a,b\n1,2\n');
  expect([running.code, running.stdout]).toEqual([2, '']);
  expect(running.stderr).toContain('it takes sequences as wholes, and rows have no end');
});

test.concurrent('of a file that is only partly understood every problem is told, with code 2', async () => {
  const text = rtneural(layer('conv2d'), layer('dense'), layer('lstm\u001b[2J'));
  const path = file('partly.json', text);
  expect(await inspect(path)).toEqual({
    code: 2,
    stdout:
      'format      RTNeural (JSON)\n' +
      'cannot run here:\n' +
      "  rtneural layers[0] 'conv2d': no layer of a stream of vectors that RTNeural has\n" +
      "  rtneural layers[2] 'lstm\\u{1b}[2J': no layer of a stream of vectors that RTNeural has\n",
    stderr: `rxrecur: ${path}: 2 parts of it cannot run here\n`,
  });
});

test.concurrent('a file that is no model ends with code 2 and the reason', async () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['nowhere', 'nowhere: no such file or directory'],
    ['.', '.: is a directory'],
    [file('cut.safetensors', save(dense(1, 1)).subarray(0, 60)), 'the file is cut short'],
    [file('array.npy', Buffer.from('\x93NUMPY', 'latin1')), 'expected a model'],
    [file('text', 'x,y\n'), "model: expected a model file, got text ('x,y')"],
    [file('empty', ''), 'got an empty file; its download has not finished, or its writer failed'],
    [file('noise', Uint8Array.of(7, 1, 0xff, 0xfe)), 'safetensors: expected at least 8 bytes'],
    [file('damaged.onnx', Uint8Array.of(8, 7, 0xff, 1)), 'onnx: expected'],
    [file('cut.json', '{"in_shape": [null, 1], "layers": ['), 'rtneural: expected JSON'],
    [file('shapes.json', rtneural(layer('dense', { shape: [null, 2] }))), 'got [1, 1]'],
  ];
  for (const [path, message] of wrong) {
    const { code, stderr } = await inspect(path);
    expect([path, code]).toEqual([path, 2]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^rxrecur: .*\n$/);
  }
});

test.concurrent('run takes every format', async () => {
  const path = file('run.json', rtneural(layer('dense')));
  const { code, stdout } = await rxrecur(['run', path], 'x\n1\n2\n');
  expect([code, stdout]).toEqual([0, 'y1\n3\n5\n']);
});

test.concurrent('a network that names alone do not tell is refused, and how to read it is said', async () => {
  const odd = chain(dense(2, 2, { bias: false }), lstm(2, 3), gru(3, 2));
  const path = file('odd.safetensors', writeStateDict(odd));
  const { code, stderr } = await inspect(path);
  expect(code).toBe(2);
  expect(stderr).toContain("'0.weight': expected a weight that tells its module, got [2, 2]");
});

test.concurrent('a file that only others read is told as what it is, with the lines to type', async () => {
  const path = file('net.pt', torchFile('forecaster.pt'));
  const [first, second] = torchLines('forecaster.pt');
  const { code, stdout, stderr } = await inspect(path);
  expect(code).toBe(2);
  expect(stdout).toBe(
    'format      a file of torch.save (a zip with a pickle)\n' +
      `to read it  a pickle is a program and is not run; in Python:\n  ${first}\n  ${second}\n`,
  );
  expect(stderr).toBe(
    `rxrecur: ${path}: model: expected a model file, got a file of torch.save (a zip with a pickle); ` +
      `a pickle is a program and is not run; in Python: ${first}; ${second}\n`,
  );
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
  const running = await rxrecur(['run', file('pointer.onnx', pointer)], 'x\n1\n');
  expect([running.code, running.stdout]).toEqual([2, '']);
  expect(running.stderr).toContain(
    'got a pointer of Git LFS, not the file itself; in its repository: ',
  );
  expect(running.stderr).toMatch(/git lfs install; git lfs pull\n$/);
});

test.concurrent('arrays of NumPy are parameters without a network', async () => {
  for (const bytes of [
    writeNpy(dense(1, 1).params.weight),
    zipSync({ 'a.npy': new Uint8Array(1) }),
  ]) {
    const { code, stdout, stderr } = await inspect(file('arrays', bytes));
    expect([code, stdout]).toEqual([2, 'format      NumPy\n']);
    expect(stderr).toContain("got NumPy's arrays; they are parameters without a network");
  }
});

test.concurrent('a device is no model file, and a pipe is read to its end', async () => {
  for (const args of [
    ['inspect', '/dev/zero'],
    ['run', '/dev/zero'],
    ['convert', '/dev/zero', file('zero.onnx')],
  ]) {
    const { code, stdout, stderr } = await rxrecur(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'rxrecur: /dev/zero: expected a file, got a device, which may have no end\n',
    );
  }
  const script = `cat "${modelFile}" | "${process.execPath}" "${main}" inspect /dev/stdin`;
  const piped = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(piped).toBe((await rxrecur(['inspect', modelFile])).stdout);
});

test.concurrent('weights that were rounded are told, and how far they are off', async () => {
  // 0.1 as float32 less 1638 · 2⁻¹⁴; 0.1 / 127 with 17 digits, times 127.
  const cell = dense(64, 1, { params: { weight: Array(64).fill(0.1), bias: [0.3] } });
  const half = { weights: 'float16' } as const;
  const said = 'rounded     float16, off by at most 0.0000244';
  for (const [name, bytes] of [
    ['rounded', save(cell, half)],
    ['rounded-dict', writeStateDict(cell, half)],
    ['rounded.onnx', writeOnnx(cell, half)],
  ] as const) {
    const { code, stdout } = await inspect(file(name, bytes));
    expect([code, linesOf(stdout)[1]], name).toEqual([0, said]);
  }
  const plain = await inspect(file('plain', save(cell)));
  expect(plain.stdout).not.toContain('rounded');
  const header = '{"weight":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}';
  const bytes = new Uint8Array(8 + header.length + 4);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes[0] = header.length;
  const { stdout } = await inspect(file('silent', bytes));
  expect(stdout).toContain('float16; the file does not say how far they are off');
});

test.concurrent('a model that is not compiled is told with the reason', async () => {
  const said = new Running(['inspect', modelFile], ['--wasm-max-module-size=1000']).read();
  const { code, stdout } = await said.end();
  expect(code).toBe(0);
  expect(linesOf(stdout)[6]).toMatch(
    /^compiled {4}no, it runs as plain JavaScript: WebAssembly\.Module\(\): .* size/,
  );
});
