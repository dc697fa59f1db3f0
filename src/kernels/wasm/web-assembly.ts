/** A compiled module; only an instance can be made of it. */
export interface WasmModule {
  readonly compiled?: never;
}

/** A memory that its module's code and JavaScript share. */
export interface WasmMemory {
  /** Another one after `grow`. */
  readonly buffer: ArrayBuffer;
  /** Throws a RangeError where there is not so much more. */
  grow(pages: number): number;
}

/** The part of the engine's WebAssembly that the library uses; no ES library has its types. */
interface Api {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Memory: new (size: { initial: number }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { e: { m: WasmMemory } },
  ) => { readonly exports: unknown };
}

declare const WebAssembly: Api;

/** The engine's WebAssembly; throws where it has none. */
export const webAssembly = (): Api => WebAssembly;
