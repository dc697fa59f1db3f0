import { mismatch } from '../errors.js';
import { type Backend, backends, portable } from '../kernels/backends.js';
import { canCompile, compileAhead, compiledEngine } from './compiled-engine.js';
import type { Engine } from './engine.js';
import type { Model } from './model.js';
import { portableEngine } from './portable-engine.js';

/** A bundler that defines it as false leaves the portable path out of a page. */
declare const RXRECUR_PORTABLE: boolean | undefined;

/** The engines of a model, made when they are first asked for. */
export interface Engines {
  readonly model: Model;
  /**
   * By backend; undefined: the fastest one, or the portable one if compiling was refused. If there
   * was no memory, the next stream tries again.
   */
  readonly made: Map<Backend | undefined, Engine>;
  /** Of a pinned backend, or of the fastest. Throws if a pinned one cannot be made. */
  get(backend?: Backend): Engine;
  /** What the fastest engine threw, if the portable one runs in its place. */
  refusal?: unknown;
  /** Another one in another heap, for there was no room for a stream in that of `full`. */
  elsewhere(full: Engine, backend?: Backend): Engine;
  /** Gives back the weights; no stream may run them any more. */
  release(): void;
}

export function engines(model: Model): Engines {
  const made = new Map<Backend | undefined, Engine>();
  const make = (backend: Backend) => {
    if (backend !== portable) return compiledEngine(model, backend);
    if (typeof RXRECUR_PORTABLE === 'undefined' || RXRECUR_PORTABLE) return portableEngine(model);
    throw mismatch('backend', 'WebAssembly with SIMD', 'none, and the portable path was left out');
  };
  const keep = (backend: Backend | undefined, engine: Engine) => {
    made.set(backend, engine);
    return engine;
  };
  const fastest = (): Engine => {
    const [backend] = backends();
    try {
      return keep(undefined, get(backend));
    } catch (error) {
      own.refusal = error;
      const engine = get(portable);
      // There may be memory for the next stream. What is too large to compile here and now, or was
      // forbidden meanwhile, stays so.
      return canCompile(model, backend) ? engine : keep(undefined, engine);
    }
  };
  const get = (pinned?: Backend): Engine =>
    made.get(pinned) ?? (pinned ? keep(pinned, make(pinned)) : fastest());
  const elsewhere = (full: Engine, pinned?: Backend) => {
    for (const [backend, engine] of made) if (engine === full) made.delete(backend);
    return get(pinned);
  };
  const release = () => {
    for (const engine of new Set(made.values())) engine.release?.();
    made.clear();
  };
  const own: Engines = { model, made, get, elsewhere, release };
  return own;
}

/** The fastest engine of a model, compiled without blocking; not before it is there. */
export async function readyEngine({ model, made, get }: Engines): Promise<Engine> {
  const [backend] = backends();
  if (backend !== portable && made.get(undefined)?.backend !== backend) {
    // Where that fails, `get` finds out that it does.
    await compileAhead(model, backend).catch(() => {});
    made.delete(undefined);
  }
  return get();
}
