import { existsSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  chain,
  chainCell,
  conv1d,
  defineCell,
  dense,
  equations,
  gru,
  last,
  lstm,
  reference,
  stateful,
  window,
  windowCell,
} from '../../src/index.js';
import { layerKinds } from '../../src/io/layer-kinds.js';
import { load } from '../../src/io/load.js';
import { encodeModel } from '../../src/io/onnx/encode.js';
import { readOnnx } from '../../src/io/onnx/read-onnx.js';
import { writeOnnx, writtenGraph } from '../../src/io/onnx/write-onnx.js';
import { save } from '../../src/io/save.js';
import { internals } from '../../src/streams/cell.js';
import { readPage, root } from './blocks.js';
import { graphText } from './how-it-is-built/graph-text.js';
import { readDense } from './how-it-is-built/read-dense.js';
import { repeatCell, repeatKind } from './how-it-is-built/repeat.js';
import { roomsOf } from './pictures/rooms.js';

const page = readPage('docs/how-it-is-built.md');

/** A function that a table of the page lists, without its class, and its file. */
type Call = readonly [name: string, file: string];

/** The rows of a part's tables; tables of several lists are in order. */
function callsOf(title: string): readonly (readonly Call[])[] {
  const [, rest] = page.split(`\n## ${title}\n`);
  const [part] = rest.split('\n## ');
  const tables = part.match(/^\| call \|.*\n(?:\|.*\n)+/gm) ?? [];
  return tables.map(table =>
    Array.from(table.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm), ([, name, file]) => {
      return [name.replace(/^.*[.]/, ''), file] as const;
    }),
  );
}

const textOf = ([name, file]: Call) => `${name}, ${file}`;

/** What runs in src meanwhile, and how often, as V8 counts it. */
async function ran(run: () => void): Promise<ReadonlyMap<string, number>> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const calls = result.flatMap(({ url, functions }) => {
      const [, file] = /\/(src\/.*[.]ts)/.exec(url) ?? [];
      return functions.flatMap(({ functionName, ranges: [{ count }] }) => {
        const name = functionName.replace(/^get /, '').replace(/^.*[.]/, '');
        return file && name && count ? [[textOf([name, file]), count] as const] : [];
      });
    });
    return new Map(calls);
  } finally {
    session.disconnect();
  }
}

test('the rooms on the page are those of the linter', async () => {
  const [, rooms] = page.split('\n## The rooms\n');
  const listed = Array.from(rooms.matchAll(/^- \*\*`(\w+)`\*\*/gm), ([, room]) => room);
  expect(listed).toEqual(await roomsOf());
});

test('every path on the page is there', () => {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, '');
  const paths = Array.from(prose.matchAll(/`((?:src|test|docs)\/[\w./-]*)/g), ([, path]) => path);
  const known = paths.filter(path => !path.includes('NAME'));
  expect(known.length).toBeGreaterThan(60);
  expect(known.filter(path => !existsSync(root + path))).toEqual([]);
});

test('every name that stands beside a file is declared there', () => {
  const named = [
    ...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm),
    ...page.matchAll(/(?:`|class `)([\w.]+)` (?:in|of) `(\w+\/[^`]+)`/g),
  ];
  expect(named.length).toBeGreaterThan(40);
  const missing = named.filter(([, name, file]) => {
    const source = readFileSync(root + file, 'utf8');
    return !name.split('.').every(part => {
      const word = part.replace('#', '[#]');
      return new RegExp(
        `(?:function|class|interface|type|const|get) ${word}\\b|^ +${word}[:(]`,
        'm',
      ).test(source);
    });
  });
  expect(missing.map(([found]) => found)).toEqual([]);
});

test('an event calls the functions that the page lists, once each, and no others of src', async () => {
  const [listed] = callsOf("An event's way");
  const x$ = new Subject<Float32Array>();
  x$.pipe(chain(lstm(10, 15), dense(15, 5))).subscribe();
  const x = new Float32Array(10);
  for (let i = 0; i < 10; i++) x$.next(x);
  const calls = await ran(() => {
    for (let i = 0; i < 100; i++) x$.next(x);
  });
  expect([...calls.keys()].sort()).toEqual(listed.map(textOf).sort());
  // The input in, the answer out.
  for (const [name, count] of calls) expect(count, name).toBe(name.startsWith('copy,') ? 200 : 100);
});

test('a text goes through the functions that the page lists', async () => {
  const [way, readers] = callsOf("A text's way");
  const calls = await ran(() => {
    const make = defineCell('Own', "h' = tanh(W_h x + U_h h) * 0.4375");
    const cell = make(5, 7);
    const model = chainCell(cell, repeatCell(7, 2));
    for (const backend of ['simd', 'portable'] as const)
      stateful(model, { backend })([1, 2, 3, 4, 5]);
    reference(cell)({ h: new Float64Array(7) }, [1, 2, 3, 4, 5]);
    equations(cell);
    writeOnnx(cell);
  });
  expect([...way, ...readers].map(textOf).filter(name => !calls.has(name))).toEqual([]);
});

test('files go through the functions that the page lists', async () => {
  const tables = callsOf("A file's way");
  const model = chain(gru(2, 3), dense(3, 1));
  const [own, onnx] = [save(model), encodeModel(writtenGraph(model.cell))];
  const runs = [() => load(own), () => readOnnx(onnx), () => writeOnnx(model)];
  expect(tables).toHaveLength(runs.length);
  for (const [i, run] of runs.entries()) {
    const calls = await ran(run);
    expect(tables[i].map(textOf).filter(name => !calls.has(name))).toEqual([]);
  }
});

test('the graphs on the page are those of the models', () => {
  const models = [
    chain(lstm(10, 15), dense(15, 5)),
    window(16, chain(conv1d(2, 8, 3), gru(8, 8), last(8))),
  ];
  for (const { cell } of models) {
    const { engines } = cell[internals];
    expect(page).toContain(`\`\`\`text\n${engines && graphText(engines.model.graph)}\n\`\`\``);
  }
});

describe('the layer on the page', () => {
  test('repeats a vector, on every backend, in a window and in a batch', () => {
    for (const backend of ['simd', 'portable'] as const) {
      const twice = stateful(repeatCell(2, 2), { backend });
      expect(twice([1, 2])).toEqual(Float32Array.of(1, 2, 1, 2));
      const inWindow = stateful(windowCell(2, repeatCell(1, 3)), { backend });
      expect(inWindow([5, 6])).toEqual(Float32Array.of(5, 5, 5, 6, 6, 6));
      const batch = { data: [1, 2, 3, 4], shape: [2, 2], stride: [2, 1], offset: 0 };
      const { data } = stateful(repeatCell(2, 2), { backend })(batch);
      expect(data).toEqual(Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4));
    }
  });

  test('is saved and loaded once its kind is in the list', () => {
    layerKinds.set('repeat', repeatKind);
    try {
      const loaded = load(save(chainCell(repeatCell(1, 2), repeatCell(2, 2))));
      expect(String(loaded)).toBe('Chain(Repeat(1, 2), Repeat(2, 2))');
      expect(stateful(loaded)(7)).toEqual(Float32Array.of(7, 7, 7, 7));
    } finally {
      layerKinds.delete('repeat');
    }
  });
});

describe('the reader on the page', () => {
  const bytesOf = (file: object) => new TextEncoder().encode(JSON.stringify(file));

  test('reads a layer', () => {
    const layer = readDense(bytesOf({ inputs: 2, outputs: 1, weights: [[10, 100]] }));
    expect(stateful(layer)([1, 2])).toEqual(Float32Array.of(210));
  });

  test.each([
    [{ inputs: 2, outputs: 1 }, 'dense.weights: expected a value, got none'],
    [
      { inputs: 2, outputs: 1, weights: [[1]] },
      'dense.weights: expected [1, 2] (output, input), got [1, 1]',
    ],
    [
      { inputs: 1, outputs: 1, weights: [[1]], bias: [1] },
      "dense: expected fields inputs, outputs, weights, got 'bias'",
    ],
  ])('refuses %j', (file, message) => {
    expect(() => readDense(bytesOf(file))).toThrow(message);
  });
});
