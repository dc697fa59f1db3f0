import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backends } from '../../src/kernels/backends.js';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

const { WebAssembly: real } = globalThis as unknown as {
  WebAssembly: Record<string, (...args: unknown[]) => unknown>;
};

/** What is found by a module that has found nothing yet, where WebAssembly is another. */
async function found(changed: unknown): Promise<readonly string[]> {
  vi.stubGlobal('WebAssembly', changed);
  const fresh = await import('../../src/kernels/backends.js');
  return fresh.backends();
}

/** The real one with other members. */
const but = (members: object) => Object.assign(Object.create(null), proxied(), members);
const proxied = () =>
  Object.fromEntries(Object.getOwnPropertyNames(real).map(name => [name, real[name]]));

test('an engine with SIMD has a compiled backend, the fastest first and the portable one last', () => {
  const all = backends();
  expect(all.at(-1)).toBe('portable');
  expect(all).toContain('simd');
  expect(new Set(all).size).toBe(all.length);
  expect(backends()).toBe(all);
});

test('found again by another copy of the module it is the same', async () => {
  expect(await found(but({}))).toEqual(backends());
});

test('without WebAssembly there is the portable backend alone', async () => {
  expect(await found(undefined)).toEqual(['portable']);
});

test('where no SIMD is valid there is the portable backend alone', async () => {
  expect(await found(but({ validate: () => false }))).toEqual(['portable']);
});

test('where a content-security policy forbids to compile there is the portable backend alone', async () => {
  const Module = class {
    constructor() {
      throw new EvalError("Refused to compile: 'wasm-unsafe-eval' is not allowed");
    }
  };
  expect(await found(but({ Module }))).toEqual(['portable']);
});

test('where there is no memory left there is the portable backend alone', async () => {
  const Memory = class {
    constructor() {
      throw new RangeError('could not allocate memory');
    }
  };
  expect(await found(but({ Memory }))).toEqual(['portable']);
});

test('where relaxed SIMD alone is not valid there is plain SIMD', async () => {
  // f32x4.relaxed_madd is 0xfd 0x85 0x02.
  const isRelaxed = (bytes: Uint8Array) =>
    bytes.some((byte, i) => byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02);
  const validate = (bytes: Uint8Array) => !isRelaxed(bytes) && real.validate(bytes);
  expect(await found(but({ validate }))).toEqual(['simd', 'portable']);
});

test('relaxed code on hardware that rounds twice comes after plain SIMD', async () => {
  // a² − (a² rounded) is 0 then, whatever the code.
  const Instance = class {
    readonly exports: object;
    constructor(_: unknown, { e }: { e: { m: { buffer: ArrayBuffer } } }) {
      this.exports = { f: () => new Float32Array(e.m.buffer).fill(0, 0, 1).length };
    }
  };
  const changed = but({ validate: () => true, Module: class {}, Instance });
  expect(await found(changed)).toEqual(['simd', 'relaxed-nofma', 'portable']);
});
