import { type Backend, isRelaxed } from '../kernels/backends.js';
import { ConstantPool } from '../kernels/wasm/emitter.js';
import { type WasmModule, webAssembly } from '../kernels/wasm/web-assembly.js';
import { compile, type FunctionName } from './compile.js';
import { type Engine, Pool } from './engine.js';
import { type MemoryPlan, memoryPlan } from './memory-plan.js';
import { pack } from './pack.js';
import type { Place, Rows } from './places.js';
import { isEquations, modelInput, outputSize, type Unit, type UnitSpec } from './units.js';

const pageBytes = 65536;
/** Modules that are kept for layers to come. */
const most = 64;

/** A model's code, for all parameters; each of its modules is composed when it is needed first. */
interface Kept {
  readonly plan: MemoryPlan;
  readonly relaxed: boolean;
  readonly pool: ConstantPool;
  /** By the names of its functions. */
  readonly modules: Map<Functions, WasmModule>;
}

type Functions = readonly FunctionName[];
const forOne: Functions = ['prepare', 'step'];
const forMany: Functions = ['streams', 'steps'];

const modules = new Map<string, Kept>();

/** The code of models like this one, whatever the parameters: composed once. */
function codeOf(units: readonly Unit[], backend: Backend): Kept {
  // Kept are no parameters: they are large, and others will come.
  const shapes = units.map(({ spec, ...unit }) => ({ ...unit, spec: withoutParameters(spec) }));
  const texts = shapes.map(({ spec, from }) => {
    if (!isEquations(spec)) return [from, spec];
    const { definition, ...rest } = spec;
    return [from, definition.text, definition.declarations, rest];
  });
  const key = JSON.stringify([isRelaxed(backend), texts], (_, value) =>
    Object.is(value, -0) ? '-0' : value,
  );
  let kept = modules.get(key);
  if (!kept) {
    const relaxed = isRelaxed(backend);
    const plan = memoryPlan(shapes, relaxed ? 8 : 6);
    kept = { plan, relaxed, pool: new ConstantPool(), modules: new Map() };
    modules.set(key, kept);
    for (const oldest of modules.keys()) if (modules.size > most) modules.delete(oldest);
  }
  return kept;
}

function withoutParameters(spec: UnitSpec): UnitSpec {
  return isEquations(spec) ? { ...spec, params: {} } : { ...spec, table: none };
}
const none = new Float32Array(0);

const bytesOf = ({ plan, relaxed, pool }: Kept, names: Functions) =>
  compile(plan, relaxed, names, pool).bytes;

function moduleOf(kept: Kept, names: Functions): WasmModule {
  let module = kept.modules.get(names);
  if (!module) {
    const bytes = bytesOf(kept, names);
    module = new (webAssembly().Module)(bytes);
    kept.modules.set(names, module);
    // Where the code for many is too large for the engine, that must show before a stream begins.
    if (bytes.length > large) moduleOf(kept, forMany);
  }
  return module;
}

/** Bytes of code for one above which that for many may exceed what engines take, 7.6 MB. */
const large = 2 ** 21;

/** Compiles a model's modules without blocking; a `compiledEngine` made later finds them. */
export async function compileAhead(units: readonly Unit[], backend: Backend): Promise<void> {
  const kept = codeOf(units, backend);
  for (const names of [forOne, forMany]) {
    if (kept.modules.has(names)) continue;
    kept.modules.set(names, await webAssembly().compile(bytesOf(kept, names)));
  }
}

type Run = (now: number, next: number, spare: number, count: number) => number;

/**
 * A model as WebAssembly with a memory of its own. Throws where the engine refuses to compile
 * it here and now, or has not enough memory.
 */
export function compiledEngine(units: readonly Unit[], backend: Backend): Engine {
  const wasm = webAssembly();
  const kept = codeOf(units, backend);
  const { plan } = kept;
  const m = new wasm.Memory({ initial: Math.ceil(plan.end / pageBytes) });
  const functions = (names: Functions) => {
    const { exports } = new wasm.Instance(moduleOf(kept, names), { e: { m } });
    const memory = new Float32Array(m.buffer);
    for (const [i, value] of kept.pool.values.entries()) memory.fill(value, i * 4, i * 4 + 4);
    return exports as Record<string, Run>;
  };
  const { prepare, step } = functions(forOne);
  let many: Record<string, Run> | undefined;
  const memory = new Float32Array(m.buffer);
  pack(plan, units, memory);
  prepare(0, 0, 0, 0);

  const { units: plans, room, input } = plan;
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
    units,
    input: rows(input, modelInput(units)),
    outputs: plans.map(({ output, unit }) => rows(output, outputSize(unit.spec))),
    states: plans.flatMap(({ states }) => states.map(at => at / 4)),
    step: (now, next) => step(now * 4, next * 4, 0, 0),
    streams(now, next, count) {
      many ??= functions(forMany);
      return many.streams(now * 4, next * 4, 0, count);
    },
    steps(now, next, spare, count) {
      many ??= functions(forMany);
      return many.steps(now * 4, next * 4, spare * 4, count);
    },
  };
}
