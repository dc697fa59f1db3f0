import { type Backend, isRelaxed } from '../kernels/backends.js';
import { allocate, type Heap, type Region } from '../kernels/heap.js';
import { ConstantPool } from '../kernels/wasm/emitter.js';
import { type WasmMemory, type WasmModule, webAssembly } from '../kernels/wasm/web-assembly.js';
import { compile, type FunctionName } from './compile.js';
import { type Engine, Pool } from './engine.js';
import { type MemoryPlan, memoryPlan } from './memory-plan.js';
import { pack } from './pack.js';
import type { Place, Rows } from './places.js';
import { isEquations, modelInput, outputSize, type Unit, type UnitSpec } from './units.js';

/** Codes of models that are kept for layers to come. */
const most = 64;

/** A model's code, for all parameters; each of its modules is composed when it is needed first. */
interface Kept {
  readonly plan: MemoryPlan;
  readonly relaxed: boolean;
  readonly pool: ConstantPool;
  /** By the names of its functions. */
  readonly modules: Map<Functions, WasmModule>;
  /** Instances of them, a heap each. */
  readonly instances: WeakMap<Heap, Map<Functions, Record<string, Run>>>;
}

type Functions = readonly FunctionName[];
const forOne: Functions = ['prepare', 'step'];
const forMany: Functions = ['streams', 'steps'];

/** All that somebody uses, and the newest ones. */
const codes = new Map<string, WeakRef<Kept>>();
const newest = new Set<Kept>();
const forgotten = /* @__PURE__ */ new FinalizationRegistry<string>(key => {
  if (!codes.get(key)?.deref()) codes.delete(key);
});

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
  let kept = codes.get(key)?.deref();
  if (!kept) {
    const relaxed = isRelaxed(backend);
    const plan = memoryPlan(shapes, relaxed ? 8 : 6);
    kept = {
      ...{ plan, relaxed, pool: new ConstantPool() },
      ...{ modules: new Map(), instances: new WeakMap() },
    };
    codes.set(key, new WeakRef(kept));
    forgotten.register(kept, key);
    newest.add(kept);
    for (const oldest of newest) if (newest.size > most) newest.delete(oldest);
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

/** True if what a model's streams need first can be compiled here and now. */
export function canCompile(units: readonly Unit[], backend: Backend): boolean {
  try {
    moduleOf(codeOf(units, backend), forOne);
    return true;
  } catch {
    return false;
  }
}

/** A function of a model's module; see `compile` for what its numbers are. */
type Run = (...numbers: number[]) => number;

/** The weights of engines that are gone. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Region>(({ heap, at, size }) =>
  heap.free(at, size),
);

/** A module's functions on a heap, whatever the weights. */
function functionsOf(kept: Kept, names: Functions, heap: Heap): Record<string, Run> {
  let instances = kept.instances.get(heap);
  if (!instances) {
    instances = new Map();
    kept.instances.set(heap, instances);
  }
  let found = instances.get(names);
  if (!found) {
    const m = heap.memory as WasmMemory;
    const { exports } = new (webAssembly().Instance)(moduleOf(kept, names), { e: { m } });
    found = exports as Record<string, Run>;
    instances.set(names, found);
  }
  return found;
}

/**
 * A model as WebAssembly, its weights packed into a heap that it shares with others. Throws where
 * the host refuses to compile it here and now, or has not enough memory.
 */
export function compiledEngine(units: readonly Unit[], backend: Backend): Engine {
  const kept = codeOf(units, backend);
  const { plan } = kept;
  // Throws before there is anything to give back.
  moduleOf(kept, forOne);
  const size = plan.weights / 4;
  const { heap, at } = allocate('wasm', size, plan.scratch / 4);
  const weights = at * 4;
  const scratch = heap.scratch * 4;
  const functions = (names: Functions) => {
    const found = functionsOf(kept, names, heap);
    for (const [i, value] of kept.pool.values.entries()) {
      heap.floats.fill(value, at + i * 4, at + i * 4 + 4);
    }
    return found;
  };
  const { prepare, step } = functions(forOne);
  pack(plan, units, heap.floats.subarray(at, at + size));
  prepare(weights);
  let many: Record<string, Run> | undefined;

  const { units: plans, room, input } = plan;
  const rows = (place: Place, length: number): Rows => ({
    at: heap.scratch + place.at / 4,
    stride: place.stride / 4,
    size: length,
  });
  const engine: Engine = {
    backend,
    pool: new Pool(heap, plan.block / 4),
    room,
    units,
    input: rows(input, modelInput(units)),
    outputs: plans.map(({ output, unit }) => rows(output, outputSize(unit.spec))),
    states: plans.flatMap(({ states }) => states.map(offset => offset / 4)),
    step: (now, next) => step(weights, scratch, now * 4, next * 4),
    streams(now, next, count) {
      many ??= functions(forMany);
      return many.streams(weights, scratch, now * 4, next * 4, count);
    },
    steps(now, next, spare, count) {
      many ??= functions(forMany);
      return many.steps(weights, scratch, now * 4, next * 4, count, spare * 4);
    },
    release() {
      abandoned.unregister(engine);
      heap.free(at, size);
    },
  };
  abandoned.register(engine, { heap, at, size }, engine);
  return engine;
}
