import { mismatch } from '../errors.js';
import { type Backend, backends, portable } from '../kernels/backends.js';
import { compileAhead, compiledEngine } from './compiled-engine.js';
import type { Engine } from './engine.js';
import { portableEngine } from './portable-engine.js';
import type { Unit } from './units.js';

/** A bundler that defines it as false leaves the portable path out of a page. */
declare const RXRECUR_PORTABLE: boolean | undefined;

/** The engines of a model, made when they are first asked for. */
export interface Engines {
  readonly units: readonly Unit[];
  /** Those there are, by backend; undefined: what was the fastest when it was asked for. */
  readonly made: Map<Backend | undefined, Engine>;
  /** Of a backend that there is, or of the fastest. Throws where a pinned one cannot be made. */
  get(backend?: Backend): Engine;
  /** What the fastest engine threw, where the portable one runs in its place. */
  refusal?: unknown;
}

export function engines(units: readonly Unit[]): Engines {
  const made = new Map<Backend | undefined, Engine>();
  const make = (backend: Backend) => {
    if (backend !== portable) return compiledEngine(units, backend);
    if (typeof RXRECUR_PORTABLE === 'undefined' || RXRECUR_PORTABLE) return portableEngine(units);
    throw mismatch('backend', 'WebAssembly with SIMD', 'none, and the portable path was left out');
  };
  const fastest = (): Engine => {
    try {
      return get(backends()[0]);
    } catch (error) {
      // Too large to compile here and now, no memory left, or compiling was forbidden meanwhile.
      own.refusal = error;
      return get(portable);
    }
  };
  const get = (pinned?: Backend): Engine => {
    const engine = made.get(pinned) ?? (pinned ? make(pinned) : fastest());
    made.set(pinned, engine);
    return engine;
  };
  const own: Engines = { units, made, get };
  return own;
}

/** The fastest engine of a model, compiled without blocking; not before it is there. */
export async function readyEngine({ units, made, get }: Engines): Promise<Engine> {
  const [backend] = backends();
  if (backend !== portable && made.get(undefined)?.backend !== backend) {
    // Where that fails, `get` finds out that it does.
    await compileAhead(units, backend).catch(() => {});
    made.delete(undefined);
  }
  return get();
}
