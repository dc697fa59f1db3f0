import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Engines, engines, readyEngine } from '../../src/code/engines.js';
import { lstmCell, stateful } from '../../src/core.js';
import { backends } from '../../src/kernels/backends.js';
import { heapFor } from '../../src/kernels/heap.js';
import { internals } from '../../src/streams/cell.js';
import { modelOf } from './models.js';
import { real, stub } from './web-assembly.js';

const [fastest] = backends();
let size = 20;
/** A shape that no module was compiled for yet. */
const fresh = () => engines(modelOf(lstmCell(2, ++size, { seed: 1 })));

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

describe('where compiling is refused', () => {
  test('the portable engine runs, and goes on to', () => {
    const own = fresh();
    stub(refusing);
    const engine = own.get();
    expect(engine.backend).toBe('portable');
    expect(own.refusal).toBeInstanceOf(RangeError);
    vi.unstubAllGlobals();
    expect(own.get()).toBe(engine);
    expect(own.get(fastest).backend).toBe(fastest);
  });

  test('a pinned backend throws, each time', () => {
    const own = fresh();
    stub(refusing);
    expect(() => own.get(fastest)).toThrow(RangeError);
    expect(() => own.get(fastest)).toThrow(RangeError);
    expect(own.get('portable').backend).toBe('portable');
  });
});

describe('where there is no memory', () => {
  /** Does something while the shared heap is full and no other can be made. */
  const withoutRoom = (does: () => void) => {
    const heap = heapFor('wasm', 1);
    heap.full = true;
    stub(withoutMemory);
    try {
      does();
    } finally {
      vi.unstubAllGlobals();
      heap.full = false;
    }
  };

  test('the portable engine runs, and the next stream tries again', () => {
    const own = fresh();
    withoutRoom(() => expect(own.get().backend).toBe('portable'));
    expect(own.get().backend).toBe(fastest);
  });

  test('a pinned backend throws, each time', () => {
    const own = fresh();
    withoutRoom(() => {
      expect(() => own.get(fastest)).toThrow(RangeError);
      expect(() => own.get(fastest)).toThrow(RangeError);
      expect(own.get('portable').backend).toBe('portable');
    });
    expect(own.get(fastest).backend).toBe(fastest);
  });

  test('for a stream, it begins with weights in another heap, where there is room', () => {
    const cell = lstmCell(2, ++size, { seed: 1 });
    const engines = cell[internals].engines as Engines;
    const { heap } = engines.get(fastest).pool;
    const { allocate } = heap;
    // As if the heap had filled up with other streams.
    heap.allocate = () => {
      heap.full = true;
      throw new RangeError('full');
    };
    const m = stateful(cell, { backend: fastest });
    heap.allocate = allocate;
    heap.full = false;
    expect(engines.get(fastest).pool.heap).not.toBe(heap);
    expect([...m([1, 2])]).toEqual([...stateful(lstmCell(2, size, { seed: 1 }))([1, 2])]);
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
