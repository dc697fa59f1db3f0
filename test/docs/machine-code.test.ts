import { expect, test } from 'vitest';
import { layout } from '../../src/code/layout.js';
import { cellsOf, modelOf } from '../code/models.js';
import { root } from './blocks.js';
import { disassemble } from './disassemble.js';
import { compiled, followed, machineCodePage } from './machine-code-page.js';
import { library } from './program.js';

test('the page of machine code is what the compiler prints of a cell', async () => {
  await expect(machineCodePage()).toMatchFileSnapshot(`${root}docs/machine-code.md`);
});

test('the functions on the page are those that run', () => {
  const { WebAssembly: api } = globalThis as unknown as {
    WebAssembly: { Module: new (bytes: Uint8Array) => object };
  };
  const { Module } = api;
  const seen: Uint8Array[] = [];
  api.Module = new Proxy(Module, {
    construct(target, [bytes]) {
      seen.push(bytes);
      return new target(bytes);
    },
  });
  try {
    library.rxrecur.stateful(followed(), { backend: 'simd' }).map([[1, 2, 3]]);
  } finally {
    api.Module = Module;
  }
  // They run as two modules: what one stream's step needs, and what many need.
  const run = seen.slice(-2).flatMap(bytes => disassemble(bytes, []));
  expect(run).toEqual(disassemble(compiled(followed()).bytes, []));
});

test('a disassembled function has all bytes of its body and balanced blocks', () => {
  const functions = disassemble(compiled(followed()).bytes, []);
  expect(functions.map(({ name }) => name)).toEqual(['prepare', 'step', 'streams', 'steps']);
  for (const { lines } of functions) {
    const opened = lines.filter(line => /\b(loop|if)$/.test(line)).length;
    expect(lines.filter(line => line.trim() === 'end')).toHaveLength(opened);
  }
});

test('the code computes two streams at a time where the page says so', () => {
  const { conv1dCell, denseCell, gruCell } = library.rxrecur;
  const abreast = [denseCell(8, 8), conv1dCell(2, 8, 3), gruCell(3, 3), gruCell(8, 8)].map(cell => {
    return cellsOf(layout(modelOf(cell), 6))[0].stages[0].abreast;
  });
  expect(abreast).toEqual([2, 2, 1, 1]);
});
