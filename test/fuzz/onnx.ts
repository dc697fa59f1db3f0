import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  causalConv1d,
  chain,
  dense,
  embedding,
  gru,
  lstm,
  parallel,
  RecurError,
  softmax,
} from '../../src/index.js';
import { onnxInitializers, readOnnx, writeOnnx } from '../../src/io/onnx/index.js';
import { onnxDataFiles } from '../../src/io/onnx/open-model.js';

/** The weights of test/golden/onnx/external-lstm.onnx. */
const weightsName = 'external-lstm.onnx.data';
let known: Uint8Array | undefined;
const weights = () => {
  known ??= new Uint8Array(readFileSync(resolve('test/golden/onnx', weightsName)));
  return known;
};

/** What a fuzzer needs of the reader of ONNX files. */
export const onnx = {
  name: 'onnx',

  /** Files that can be read, to begin with: PyTorch's, and the library's own. */
  seeds(): Uint8Array[] {
    // The fuzzer's script runs a bundle that lies elsewhere.
    const golden = resolve('test/golden/onnx');
    const files = readdirSync(golden).filter(file => file.endsWith('.onnx'));
    const own = [
      chain(lstm(2, 3, { seed: 1 }), dense(3, 1, { seed: 2 })),
      chain(causalConv1d(2, 3, 2, { seed: 8 }), gru(3, 2, { seed: 9 })),
      chain(embedding(4, 2, { seed: 3 }), gru(2, 3, { seed: 4 }), softmax(3)),
      chain(
        parallel('concat', dense(2, 1, { seed: 5 }), gru(2, 2, { seed: 6 })),
        dense(3, 1, { seed: 7 }),
      ),
    ];
    return [
      ...files.map(file => new Uint8Array(readFileSync(join(golden, file)))),
      ...smallGraphs(),
      ...own.map(model => writeOnnx(model)),
    ];
  },

  /**
   * Reads bytes in all ways: whatever it throws has to be a RecurError. Of the files that they
   * name as holding their weights, the one that there is comes with them.
   */
  read(bytes: Uint8Array): void {
    const data = onnxDataFiles(bytes).includes(weightsName) ? { [weightsName]: weights() } : {};
    readOnnx(bytes, { data });
    onnxInitializers(bytes, { data });
    readStateless(bytes, data);
  },

  /** One field, anywhere in the tree of messages, mutated; all lengths around it are right. */
  inside(seed: Uint8Array, mutate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const tree = parsed(seed, messages);
    const fields = all(tree);
    // The mutated bytes of the seed choose: a fuzzer's luck is its own.
    const luck = mutate(seed).reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 7);
    const pick = fields[luck % fields.length];
    const other = fields[(luck >>> 8) % fields.length];
    alter(pick, other, luck >>> 16, mutate);
    return encoded(tree);
  },
};

/** The other reading of a file of one step; any other is refused. */
function readStateless(bytes: Uint8Array, data: Readonly<Record<string, Uint8Array>>): void {
  try {
    readOnnx(bytes, { data, stateful: false });
  } catch (error) {
    if (!(error instanceof RecurError)) throw error;
  }
}

/** One for each attribute that is honoured, and graphs of one step: see test/onnx. */
function smallGraphs(): Uint8Array[] {
  return ['onnx-attributes', 'onnx-steps', 'onnx-loops'].flatMap(name => {
    const text = readFileSync(resolve(`test/golden/${name}.json`), 'utf8');
    const { cases } = JSON.parse(text) as { cases: readonly { model: string }[] };
    return cases.map(({ model }) => new Uint8Array(Buffer.from(model, 'base64')));
  });
}

/** Which fields are messages, by their numbers, as deep as the reader goes. */
interface Messages {
  readonly [field: number]: Messages;
}

const tensor: Messages = { 13: {} };
const value: Messages = { 2: { 1: { 2: { 1: {} } } } };
const branch: Messages = { 1: { 5: { 5: tensor } }, 5: tensor, 11: value, 12: value };
const node: Messages = { 5: { 5: tensor, 6: branch } };
const messages: Messages = { 7: { 1: node, 5: tensor, 11: value, 12: value }, 8: {} };

/** A field: a message's fields, bytes, or a varint's bytes. */
interface Field {
  number: number;
  type: number;
  bytes: Uint8Array;
  fields?: Field[];
}

function parsed(bytes: Uint8Array, known: Messages): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    const from = at;
    while (bytes[at++] > 127);
    return bytes.slice(from, at);
  };
  while (at < bytes.length) {
    const key = numberOf(varint());
    const [number, type] = [key >>> 3, key & 7];
    if (type === 0) fields.push({ number, type, bytes: varint() });
    else {
      const length = type === 2 ? numberOf(varint()) : type === 1 ? 8 : 4;
      const own = bytes.slice(at, (at += length));
      const inner = known[number];
      fields.push({ number, type, bytes: own, ...(inner && { fields: parsed(own, inner) }) });
    }
  }
  return fields;
}

const numberOf = (bytes: Uint8Array) => bytes.reduceRight((sum, b) => sum * 128 + (b & 127), 0);

function varintOf(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varintOf(Math.floor(value / 128))];
}

function encoded(fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap(({ number, type, bytes, fields: inner }) => {
    const body = inner ? encoded(inner) : bytes;
    const head = [...varintOf(number * 8 + type), ...(type === 2 ? varintOf(body.length) : [])];
    return [Uint8Array.from(head), body];
  });
  return Uint8Array.from(Buffer.concat(parts));
}

function all(fields: readonly Field[]): Field[] {
  return fields.flatMap(field => [field, ...all(field.fields ?? [])]);
}

/** Sizes, counts and indices that nobody expects. */
const odd = [0, 1, 2, 3, 255, 2 ** 31 - 1, 2 ** 32, 2 ** 53, 2 ** 62, 2 ** 64 - 2048];

function alter(
  field: Field,
  other: Field,
  luck: number,
  mutate: (bytes: Uint8Array) => Uint8Array,
): void {
  if (field.type === 0) field.bytes = Uint8Array.from(varintOf(odd[luck % odd.length]));
  else if (field.fields) {
    const { fields } = field;
    const copies = fields.slice(0, luck % 3);
    if (luck % 2) fields.splice(luck % (fields.length || 1), 1);
    else fields.push(...copies);
  } else if (luck % 2 && other.type === field.type) field.bytes = other.bytes;
  else field.bytes = mutate(field.bytes);
}
