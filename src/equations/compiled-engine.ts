import { type Backend, isRelaxed } from '../kernels/backends.js';
import { type WasmModule, webAssembly } from '../kernels/wasm/web-assembly.js';
import { type CompiledCode, compile } from './compile.js';
import { type Engine, Pool, type Rows } from './engine.js';
import { type MemoryPlan, memoryPlan, type Place } from './memory-plan.js';
import { pack } from './pack.js';
import type { EquationSpec } from './spec.js';

const pageBytes = 65536;
/** Modules that are kept for layers to come. */
const most = 64;

/** A model's code, for all parameters. */
interface Kept extends CompiledCode {
  readonly plan: MemoryPlan;
  module?: WasmModule;
}

const modules = new Map<string, Kept>();

/** The code of models like this one, whatever the parameters: composed once. */
function codeOf(specs: readonly EquationSpec[], backend: Backend): Kept {
  // Kept are no parameters: they are large, and others will come.
  const shapes = specs.map(spec => ({ ...spec, params: {} }));
  const texts = shapes.map(({ definition: { text, declarations }, ...rest }) => [
    text,
    declarations,
    rest,
  ]);
  const key = JSON.stringify([isRelaxed(backend), texts], (_, value) =>
    Object.is(value, -0) ? '-0' : value,
  );
  let kept = modules.get(key);
  if (!kept) {
    const plan = memoryPlan(shapes, isRelaxed(backend) ? 8 : 6);
    kept = { plan, ...compile(plan, isRelaxed(backend)) };
    modules.set(key, kept);
    for (const oldest of modules.keys()) if (modules.size > most) modules.delete(oldest);
  }
  return kept;
}

/** Compiles a model's module without blocking; a `compiledEngine` made later finds it. */
export async function compileAhead(
  specs: readonly EquationSpec[],
  backend: Backend,
): Promise<void> {
  const kept = codeOf(specs, backend);
  kept.module ??= await webAssembly().compile(kept.bytes);
}

type Run = (now: number, next: number, spare: number, count: number) => number;

/**
 * A model as one WebAssembly module of its own memory. Throws where the engine refuses to compile
 * it here and now, or has not enough memory.
 */
export function compiledEngine(specs: readonly EquationSpec[], backend: Backend): Engine {
  const wasm = webAssembly();
  const kept = codeOf(specs, backend);
  const { plan, constants } = kept;
  const m = new wasm.Memory({ initial: Math.ceil(plan.end / pageBytes) });
  kept.module ??= new wasm.Module(kept.bytes);
  const { exports } = new wasm.Instance(kept.module, { e: { m } });
  const { prepare, step, streams, steps } = exports as Record<string, Run>;
  const memory = new Float32Array(m.buffer);
  for (const [i, value] of constants.entries()) memory.fill(value, i * 4, i * 4 + 4);
  pack(plan, specs, memory);
  prepare(0, 0, 0, 0);

  const { layers, room } = plan;
  const pool = new Pool(memory, plan.end / 4, plan.block / 4, ({ byteLength }, end) => {
    const lacking = Math.ceil((end * 4 - byteLength) / pageBytes);
    // Twice as much, so that it happens seldom; just enough where that is too much.
    try {
      m.grow(Math.max(lacking, byteLength / pageBytes));
    } catch {
      m.grow(lacking);
    }
    return new Float32Array(m.buffer);
  });
  const rows = ({ at, stride }: Place, size: number): Rows => ({
    at: at / 4,
    stride: stride / 4,
    size,
  });
  return {
    backend,
    pool,
    room,
    input: rows(layers[0].input, specs[0].sizes.input),
    outputs: layers.map(({ output, spec: { definition, sizes } }) =>
      rows(output, sizes[definition.plan.nodes[definition.plan.output].dimension]),
    ),
    states: layers.flatMap(({ states }) => states.map(at => at / 4)),
    step: (now, next) => step(now * 4, next * 4, 0, 0),
    streams: (now, next, count) => streams(now * 4, next * 4, 0, count),
    steps: (now, next, spare, count) => steps(now * 4, next * 4, spare * 4, count),
  };
}
