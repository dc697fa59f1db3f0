import { vi } from 'vitest';

type Class<T> = new (...args: never[]) => T;

/** The engine's own WebAssembly, as far as tests wrap it. */
export const { WebAssembly: real } = globalThis as unknown as {
  WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Memory: new (size: { initial: number }) => { grow(pages: number): number };
    readonly Instance: Class<{ readonly exports: unknown }>;
    validate(bytes: Uint8Array): boolean;
    compile(bytes: Uint8Array): Promise<object>;
  };
};

/**
 * Puts another WebAssembly in its place, which has other `members`; `vi.unstubAllGlobals` ends it.
 */
export function stub(members: object): void {
  const own = Object.getOwnPropertyNames(real).map(name => [name, Reflect.get(real, name)]);
  vi.stubGlobal('WebAssembly', { ...Object.fromEntries(own), ...members });
}
