import { afterEach, describe, expect, test, vi } from 'vitest';
import { lstmCell } from '../../src/core.js';
import { engines, readyEngine } from '../../src/equations/engines.js';
import { inRow } from '../../src/equations/units.js';
import { backends } from '../../src/kernels/backends.js';
import { specOf } from '../cells/kinds.js';
import { real, stub } from './web-assembly.js';

const [fastest] = backends();
let size = 20;
/** A shape that no module was compiled for yet. */
const fresh = () => engines(inRow([specOf(lstmCell(2, ++size, { seed: 1 }))]));

/** WebAssembly that refuses to compile here and now, as browsers do with what is large. */
const refusing = {
  Module: class {
    constructor() {
      throw new RangeError('WebAssembly.Module(): too large on the main thread');
    }
  },
};
const withoutMemory = {
  Memory: class {
    constructor() {
      throw new RangeError('could not allocate memory');
    }
  },
};

afterEach(() => vi.unstubAllGlobals());

test('an engine is made once, of the fastest backend where none is pinned', () => {
  const own = fresh();
  expect(own.get().backend).toBe(fastest);
  expect(own.get()).toBe(own.get(fastest));
  for (const backend of backends()) {
    expect(own.get(backend).backend).toBe(backend);
    expect(own.get(backend)).toBe(own.get(backend));
  }
});

describe.each([
  ['compiling is refused', refusing],
  ['there is no memory', withoutMemory],
])('where %s', (_, members) => {
  test('the portable engine runs, and goes on to', () => {
    const own = fresh();
    stub(members);
    const engine = own.get();
    expect(engine.backend).toBe('portable');
    expect(own.refusal).toBeInstanceOf(RangeError);
    vi.unstubAllGlobals();
    expect(own.get()).toBe(engine);
    expect(own.get(fastest).backend).toBe(fastest);
  });

  test('a pinned backend throws, each time', () => {
    const own = fresh();
    stub(members);
    expect(() => own.get(fastest)).toThrow(RangeError);
    expect(() => own.get(fastest)).toThrow(RangeError);
    expect(own.get('portable').backend).toBe('portable');
  });
});

describe('ready', () => {
  test('compiles without blocking what may not be compiled at once', async () => {
    const own = fresh();
    stub(refusing);
    expect(own.get().backend).toBe('portable');
    const engine = await readyEngine(own);
    expect(engine.backend).toBe(fastest);
    expect(own.get()).toBe(engine);
  });

  test('is two modules, for one and for many, and one engine, however often', async () => {
    const own = fresh();
    let compiled = 0;
    stub({
      compile: (bytes: Uint8Array) => {
        compiled += 1;
        return real.compile(bytes);
      },
    });
    const engine = await readyEngine(own);
    expect(await readyEngine(own)).toBe(engine);
    expect(compiled).toBe(2);
  });

  test('is the portable engine where that fails too', async () => {
    const own = fresh();
    stub({ ...refusing, compile: () => Promise.reject(new RangeError('too large')) });
    expect((await readyEngine(own)).backend).toBe('portable');
  });

  test('keeps an engine that is there', async () => {
    const own = fresh();
    const engine = own.get();
    expect(await readyEngine(own)).toBe(engine);
  });
});
