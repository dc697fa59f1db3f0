import { expect, test } from 'vitest';
import { chain, dense, gru, lstm, mgu, recur, rnn } from '../../src/index.js';
import { fromStateDict, readSafetensors, type StateDictOptions } from '../../src/io/index.js';
import { fileOf, refusal } from './files.js';

function zeros(...shape: number[]) {
  const stride = shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
  const size = shape.reduce((product, n) => product * n, 1);
  return { data: new Float32Array(size), shape, stride, offset: 0 };
}

/** The state_dict of `nn.GRU(2, 3)`, all zeros. */
const tensors = {
  weight_ih_l0: zeros(9, 2),
  weight_hh_l0: zeros(9, 3),
  bias_ih_l0: zeros(9),
  bias_hh_l0: zeros(9),
};
const head = { weight: zeros(1, 3), bias: zeros(1) };

const refusing = (model: unknown, given: unknown, options?: StateDictOptions) =>
  refusal(() => fromStateDict(model as never, given as never, options));

function below(prefix: string, given: object) {
  return Object.fromEntries(Object.entries(given).map(([name, v]) => [prefix + name, v]));
}

test('a missing tensor is told with its shape', () => {
  const { bias_hh_l0: _, ...rest } = tensors;
  expect(refusing(gru(2, 3), rest)).toBe(
    "state_dict 'bias_hh_l0': expected [9] (3 gates × 3), got none;" +
      ' without bias the layer is made with bias: false',
  );
  expect(refusing(gru(2, 3), {})).toBe(
    "state_dict 'weight_ih_l0': expected [9, 2] (3 gates × 3, input 2), got none;" +
      ' there are no tensors',
  );
  expect(refusing(gru(2, 3), below('net.gru.', tensors))).toContain(
    "got none; there is 'net.gru.weight_ih_l0': see the option prefix",
  );
  expect(refusing(gru(2, 3), head)).toContain("of 2 tensors the first are 'weight', 'bias'");
});

test('a tensor of another shape is told with both shapes', () => {
  expect(refusing(gru(2, 3), { ...tensors, weight_hh_l0: zeros(9, 2) })).toBe(
    "state_dict 'weight_hh_l0': expected [9, 3] (3 gates × 3, hidden 3), got [9, 2]",
  );
  expect(refusing(gru(2, 3), { ...tensors, weight_ih_l0: zeros(2, 9) })).toContain(
    'got [2, 9]; it is transposed',
  );
  expect(refusing(gru(2, 3), { ...tensors, weight_ih_l0: zeros(18) })).toContain('got [18]');
  expect(refusing(gru(2, 3), { ...tensors, bias_ih_l0: zeros() })).toContain(
    '[9] (3 gates × 3), got []',
  );
  expect(refusing(gru(2, 3), { ...tensors, weight_ih_l0: [1, 2] })).toContain(
    'expected an ndarray [9, 2] (3 gates × 3, input 2), got an array of length 2',
  );
});

test('a number that is not finite is told with its place', () => {
  const data = new Float32Array(18).fill(Number.NaN, 5, 6);
  expect(refusing(gru(2, 3), { ...tensors, weight_ih_l0: { ...zeros(9, 2), data } })).toBe(
    "state_dict 'weight_ih_l0': expected finite float32 numbers, got NaN at [2, 1]",
  );
  const far = new Float64Array(9).fill(1e39);
  expect(refusing(gru(2, 3), { ...tensors, bias_ih_l0: { ...zeros(9), data: far } })).toContain(
    'got Infinity at [0]',
  );
});

test('a tensor left over is told with the likely cause', () => {
  const extra = (name: string) => refusing(gru(2, 3), { ...tensors, [name]: zeros(9) });
  expect(extra('weight_ih_l1')).toBe(
    "state_dict 'weight_ih_l1': expected no such tensor, got [9];" +
      ' a module of several layers is a chain of as many',
  );
  expect(extra('weight_ih_l0_reverse')).toContain('bidirectional');
  expect(extra('weight_hr_l0')).toContain('the module has a projection');
  expect(extra('head.weight')).toContain("the option ignore names what is not this model's");
  expect(refusing(gru(2, 3, { bias: false }), tensors)).toBe(
    "state_dict 'bias_ih_l0': expected no such tensor, got [9];" +
      ' with bias the layer is made with bias: true',
  );
});

test('what begins with a name to ignore may be left over, but not used twice or missing', () => {
  const all = { ...below('gru.', tensors), ...below('head.', head), 'other.x': zeros(1) };
  const options = { prefix: 'gru.', ignore: ['head.', 'other.'] };
  expect(String(fromStateDict(gru(2, 3), all, options))).toBe('Recur(GRUCell(2, 3))');
  expect(String(fromStateDict(gru(2, 3), all, { prefix: 'gru.', ignore: '' }))).toContain('GRU');
  expect(refusing(gru(2, 3), all, { prefix: 'gru.', ignore: 'head.' })).toContain("'other.x'");
  expect(refusing(gru(2, 3), all, { prefix: 'g.', ignore: '' })).toContain("'g.weight_ih_l0'");
});

test('integers are refused where a parameter is wanted, and by name', () => {
  const { tensors: read } = readSafetensors(
    fileOf(
      {
        weight: { dtype: 'I64', shape: [1, 3], data_offsets: [0, 24] },
        bias: { dtype: 'F32', shape: [1], data_offsets: [24, 28] },
      },
      28,
    ),
  );
  expect(refusing(dense(3, 1), read)).toBe(
    "safetensors 'weight': expected F32, F64, F16, BF16, got I64",
  );
});

test('cells that PyTorch has not are refused by their place', () => {
  const expected = 'expected a layer that PyTorch has';
  expect(refusing(chain(mgu(2, 3), dense(3, 1)), tensors, { prefix: ['a', 'b'] })).toBe(
    `chain[0]: ${expected}, got Recur(MGUCell(2, 3))`,
  );
  expect(refusing(gru(2, 3, { resetGate: 'before' }), tensors)).toBe(
    `fromStateDict: ${expected}, got Recur(GRUCell(2, 3; resetGate=before));` +
      ' its GRU is that with resetGate: after',
  );
  expect(refusing(lstm(2, 3, { gateActivation: 'hardSigmoid' }), {})).toBe(
    `fromStateDict: ${expected}, got Recur(LSTMCell(2, 3; gateActivation=hardSigmoid));` +
      ' its LSTM has sigmoid there; give the tensors as params',
  );
  expect(refusing(rnn(2, 3, { activation: 'softsign' }), {})).toContain('has tanh or relu there');
  expect(refusing(lstm(2, 3, { clip: 1 }), {})).toContain('it never clips');
});

test('prefixes that fit no modules are refused', () => {
  const model = chain(gru(2, 3), dense(3, 1));
  const all = { ...below('gru.', tensors), ...below('head.', head) };
  expect(refusing(model, { ...tensors, ...head })).toBe(
    "fromStateDict.prefix: expected one a module, such as ['gru.', 'linear.']," +
      " got '' for Dense(3, 1) too;" +
      ' layers of one module follow each other and are of one kind and size',
  );
  expect(refusing(model, all, { prefix: ['gru.'] })).toBe(
    'fromStateDict.prefix: expected one, or 2: for GRUCell(2, 3), Dense(3, 1), got 1',
  );
  expect(refusing(model, all, { prefix: [1, 2] as never })).toContain('an array of strings');
  expect(refusing(model, all, { prefixes: [] } as never)).toContain("got 'prefixes'");
  const deep = chain(gru(2, 3), gru(3, 4));
  expect(refusing(deep, tensors)).toContain("got '' for Recur(GRUCell(3, 4)) too");
  const mixed = chain(gru(2, 3), gru(3, 3, { bias: false }));
  expect(refusing(mixed, tensors)).toContain('too; layers of one module');
  const unlike = chain(rnn(2, 3, { activation: 'relu' }), rnn(3, 3));
  expect(refusing(unlike, {})).toContain("got '' for Recur(RNNCell(3, 3, tanh)) too");
  const parted = chain(gru(2, 3), dense(3, 3), gru(3, 3));
  expect(refusing(parted, all, { prefix: ['gru.', 'head.', 'gru.'] })).toContain("got 'gru.' for");
});

test('what is no model, no tensors, or has configuration of a stream, is refused', () => {
  expect(refusing(() => 0, {})).toContain('fromStateDict: expected a layer or a cell');
  expect(refusing(gru(2, 3), null)).toBe('fromStateDict: expected tensors by name, got null');
  expect(refusing(recur(gru(2, 3), { reuse: true }), tensors)).toContain('one with reuse');
});
