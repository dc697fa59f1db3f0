import { expect, test } from 'vitest';
import { defineCell, dense, gru, lstm } from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { described, edited, fileOf, partsOf, refusal } from './files.js';
import { chained } from './models.js';

/** Of a description, what these tests change. */
interface Json {
  chain: Json[];
  size?: number;
}

const cell = save(gru(2, 3, { seed: 1 }));
const pair = save(chained([lstm(2, 3, { seed: 1 }), dense(3, 1)]));

/** What a model file says with one thing in its description changed. */
const refusing = (bytes: Uint8Array, edit: (model: Json) => void) =>
  refusal(() => load(described<Json>(bytes, edit)));
const withField = (field: string, value: unknown) =>
  refusing(cell, model => Object.assign(model, { [field]: value }));
const withEquations = (equations: string) => withField('equations', equations);

test('equations that make no cell are refused with the line and column of the mistake', () => {
  expect(withEquations("h' = φ(W_h x + U_h h")).toBe(
    'model.equations: expected equations, got GRU, line 1, column 21: expected ) or an operator,' +
      ' got the end of the line',
  );
  expect(refusing(pair, m => Object.assign(m.chain[1], { equations: 'y = z' }))).toBe(
    'model.chain[1].equations: expected equations, got Dense, line 1, column 5: expected x, a' +
      " state, a name defined in an earlier line, or a declared one, got 'z'",
  );
  expect(withEquations('')).toContain('at least one equation, got none');
  expect(withEquations("h' = \u001b[31m")).toContain("got '\\u{1b}'");
});

test('equations of other parameters than the tensors are refused by the tensor', () => {
  expect(withEquations("h' = σ(W_h x) * φ(W_n x + U_n h)")).toBe(
    "model 'weightIh': expected [6, 2] (2 gates × 3, input 2), got [9, 2]",
  );
});

test('texts, names and chains that go on and on are refused', () => {
  expect(withEquations(`h' = h${' + h'.repeat(2000)}`)).toBe(
    'model.equations: expected text of at most 4096, got 8006 characters',
  );
  expect(withEquations(`h' = φ(${'('.repeat(900)}h${')'.repeat(900)})`)).toContain(
    'at most 64 nested signs and parentheses',
  );
  expect(withField('name', 'x'.repeat(65))).toContain('printable text of 1 to 64');
  expect(withField('name', 'LSTM\u001b[2J')).toContain('printable text of 1 to 64');
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, 1]));
  expect(withField('constants', many)).toBe('model.constants: expected at most 256 names, got 257');
  const wordy = (i: number) => defineCell(`Wordy${i}`, `y = φ(W_y x)${' * 1'.repeat(900)}`)(1, 1);
  expect(refusal(() => save(chained(Array.from({ length: 20 }, (_, i) => wordy(i)))))).toMatch(
    /^model\.chain\[18\]: expected different equations of at most 65536 in all, got \d+ characters$/,
  );
  const alike = save(chained(Array.from({ length: 20 }, () => wordy(0))));
  expect(load(alike).params).toHaveLength(20);
  const long = (count: number) => save(chained(Array.from({ length: count }, () => dense(1, 1))));
  expect(load(long(1024)).params).toHaveLength(1024);
  expect(refusal(() => long(1025))).toBe('model: expected at most 1024 members, got 1025');
});

test('chains in chains are loaded, but not without end', () => {
  const nested = (depth: number) => {
    let model: unknown = JSON.parse(partsOf(cell).metadata.model);
    for (let i = 0; i < depth; i++) model = { chain: [model] };
    const prefix = '0.'.repeat(depth);
    return edited(cell, ({ metadata, tensors }) => {
      metadata.model = JSON.stringify(model);
      for (const [name, entry] of Object.entries(tensors)) {
        delete tensors[name];
        tensors[prefix + name] = entry;
      }
    });
  };
  expect(String(load(nested(20)))).toContain('Chain(Chain(Recur(GRUCell(2, 3))))');
  expect(refusal(() => load(nested(40)))).toContain('at most 64 levels');
  for (const [levels, message] of [
    [100, 'at most 64 levels'],
    [1e5, 'at most 256 levels'],
  ] as const) {
    const deep = `${'{"chain":['.repeat(levels)}${']}'.repeat(levels)}`;
    const metadata = { format: 'rxrecur/model', version: '1', model: deep };
    expect(refusal(() => load(fileOf({ __metadata__: metadata })))).toContain(message);
  }
});

test('a step of more numbers than a machine has room for is refused', () => {
  const size = 2 ** 24;
  const text = `h' = h${' * h'.repeat(900)}`;
  const metadata = {
    ...partsOf(cell).metadata,
    model: JSON.stringify({
      ...JSON.parse(partsOf(cell).metadata.model),
      equations: text,
      activations: {},
      size,
    }),
  };
  expect(refusal(() => load(fileOf({ __metadata__: metadata })))).toBe(
    'model: expected at most 67108864 numbers a step, got 15116271616',
  );
});

test('sizes that are none, and members that do not fit each other, are refused', () => {
  for (const size of [0, -1, 1.5, 2 ** 24 + 1, 2 ** 53, '3', null]) {
    expect(withField('inputSize', size)).toContain(
      'model.inputSize: expected a whole number from 1 to 2²⁴',
    );
  }
  const bytes = save(chained([dense(2, 3), chained([dense(3, 1, { bias: false })])]));
  const misfit = described<Json>(bytes, model => {
    Object.assign(model.chain[1].chain[0], { inputSize: 1, size: 3 });
  });
  const turned = edited(misfit, ({ tensors }) => {
    tensors['1.0.weight'].shape = [3, 1];
  });
  expect(refusal(() => load(turned))).toContain(
    'model.chain[1]: expected input size 3, the output size of Dense(2, 3), got Chain(Dense(1, 3',
  );
});

test('what a cell does not know, and what it lacks, is refused', () => {
  expect(withField('script', 'alert(1)')).toContain("initialState, got 'script'");
  expect(withField('bias', 'yes')).toBe("model.bias: expected true or false, got 'yes'");
  expect(withField('clip', -1)).toBe('model.gru.clip: expected a number above 0, got -1');
  expect(withField('projectionSize', 2)).toBe(
    'model.projectionSize: expected none, without V, got 2',
  );
  expect(withField('constants', { beta: 1 })).toBe(
    'model.constants: expected values of none, got beta',
  );
  expect(withField('activations', { σ: 'sigmoid' })).toBe(
    'model.activations: expected values of σ, φ, got σ',
  );
  expect(withField('activations', { σ: 'sigmoid', φ: 'sin' })).toBe(
    "model.activations 'φ': expected the name of an activation, got 'sin'",
  );
  expect(withField('activations', { σ: 'sigmoid', φ: { name: 'tanh', alpha: 2 } })).toContain(
    'model.gru.activation',
  );
  expect(withField('declarations', { vectors: { q: 0 } })).toContain("got 'q'");
  const prototype = JSON.parse('{"vectors": {"__proto__": 1}}');
  expect(withField('declarations', prototype)).toContain("got '__proto__'");
  expect(refusing(cell, model => delete model.size)).toBe('model.size: expected a value, got none');
  const empty = { ...partsOf(cell).metadata, model: '{"chain":[]}' };
  expect(refusal(() => load(fileOf({ __metadata__: empty })))).toBe(
    'model.chain: expected at least one member, got none',
  );
});
