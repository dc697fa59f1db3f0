import type { Graph } from '../graph/graph.js';
import { type Backend, isRelaxed } from '../kernels/backends.js';
import { allocate, type Heap, type Region } from '../kernels/heap.js';
import { ConstantPool } from '../kernels/wasm/emitter.js';
import { type WasmMemory, type WasmModule, webAssembly } from '../kernels/wasm/web-assembly.js';
import { compile } from './compile.js';
import { type Engine, Pool } from './engine.js';
import { layout } from './layout.js';
import type { Model } from './model.js';
import { pack } from './pack.js';
import type { FunctionName } from './places.js';
import type { Layout } from './plans.js';
import { readerIn, valueIn } from './readers.js';
import type { Whole } from './whole.js';

/** Codes of models that are kept for layers to come. */
const most = 64;

/** A model's code, for all parameters; each of its modules is composed when it is needed first. */
interface Kept {
  readonly plan: Layout & { readonly whole?: Whole | undefined };
  readonly relaxed: boolean;
  readonly pool: ConstantPool;
  /** By the names of its functions, each with what its instances export, a heap each. */
  readonly modules: Map<Functions, readonly [WasmModule, WeakMap<Heap, Record<string, Run>>]>;
}

type Functions = readonly FunctionName[];
const forOne: Functions = ['prepare', 'step'];
const forMany: Functions = ['streams', 'steps'];

/** The functions that a model's streams need first, and later. */
const neededBy = ({ whole }: Model) => whole?.functions ?? [forOne, forMany];

/** All that somebody uses, and the newest ones. */
const codes = new Map<string, WeakRef<Kept>>();
const newest = new Set<Kept>();
const forgotten = /* @__PURE__ */ new FinalizationRegistry<string>(key => {
  if (!codes.get(key)?.deref()) codes.delete(key);
});

/** The code of models like this one, whatever the parameters: composed once. */
function codeOf({ graph, operators, whole }: Model, backend: Backend): Kept {
  const relaxed = isRelaxed(backend);
  const key = keyOf(graph) + relaxed;
  let kept = codes.get(key)?.deref();
  if (!kept) {
    kept = {
      plan: { ...layout({ graph, operators }, relaxed ? 8 : 6), whole },
      ...{ relaxed, pool: new ConstantPool(), modules: new Map() },
    };
    codes.set(key, new WeakRef(kept));
    forgotten.register(kept, key);
    newest.add(kept);
    for (const oldest of newest) if (newest.size > most) newest.delete(oldest);
  }
  return kept;
}

/** A graph as text: of a cell its text, from which its plan follows. */
function keyOf(graph: Graph): string {
  return JSON.stringify(graph, (name, value) => {
    if (name === 'definition') return [value.text, value.declarations];
    return name === 'where' ? undefined : Object.is(value, -0) ? '-0' : value;
  });
}

const bytesOf = ({ plan, relaxed, pool }: Kept, names: Functions) =>
  compile(plan, relaxed, names, pool).bytes;

function moduleOf(kept: Kept, names: Functions) {
  let module = kept.modules.get(names);
  if (!module) {
    const bytes = bytesOf(kept, names);
    module = [new (webAssembly().Module)(bytes), new WeakMap()];
    kept.modules.set(names, module);
    // Where the code for many is too large for the engine, that must show before a stream begins.
    if (bytes.length > large && names === forOne) moduleOf(kept, forMany);
  }
  return module;
}

/**
 * Bytes of code for one above which that for many may exceed what engines take, 7.6 MB a function
 * and, in Chromium's pages, 8 MB at once: it is about four times as long.
 */
const large = 2 ** 20;

/** Compiles a model's modules without blocking; a `compiledEngine` made later finds them. */
export async function compileAhead(model: Model, backend: Backend): Promise<void> {
  const kept = codeOf(model, backend);
  for (const names of neededBy(model)) {
    if (kept.modules.has(names)) continue;
    const module = await webAssembly().compile(bytesOf(kept, names));
    kept.modules.set(names, [module, new WeakMap()]);
  }
}

/** True if what a model's streams need first can be compiled here and now. */
export function canCompile(model: Model, backend: Backend): boolean {
  try {
    moduleOf(codeOf(model, backend), neededBy(model)[0]);
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

/**
 * A model as WebAssembly, its weights packed into a heap that it shares with others. Throws where
 * the host refuses to compile it here and now, or has not enough memory.
 */
export function compiledEngine(model: Model, backend: Backend): Engine {
  const { graph, whole } = model;
  const kept = codeOf(model, backend);
  const { plan } = kept;
  const [few, many] = neededBy(model);
  // Throws before there is anything to give back.
  moduleOf(kept, few);
  const size = plan.weights / 4;
  const { heap, at } = allocate('wasm', size, plan.scratch / 4);
  const weights = at * 4;
  const scratch = heap.scratch * 4;
  const { prepare, step, sequence } = functionsAt(kept, few, heap, at);
  pack(plan, model, heap.floats.subarray(at, at + size));
  prepare(weights);
  let others: Record<string, Run> | undefined;
  const more = () => (others ??= functionsAt(kept, many, heap, at));
  const valueAt = (number: number) => valueIn(plan, number, heap.scratch);
  const rows = plan.nodes.map(({ number }) => valueAt(number).rows);
  const engine = {
    ...{ backend, pool: new Pool(heap, plan.block / 4), room: plan.room, model },
    inputs: rows.filter((_, i) => graph.nodes[i].op === 'port'),
    output: rows[graph.output],
    states: plan.states.map(offset => offset / 4),
    step: (now, next) => step(weights, scratch, now * 4, next * 4),
    streams: (now, next, count) => more().streams(weights, scratch, now * 4, next * 4, count),
    steps: (now, next, spare, count) =>
      more().steps(weights, scratch, now * 4, next * 4, count, spare * 4),
    reader: number => readerIn(model, number, valueAt),
    release() {
      abandoned.unregister(engine);
      heap.free(at, size);
    },
    ...whole?.compiled(plan, heap, (...numbers) => sequence(weights, ...numbers)),
  } as Engine;
  abandoned.register(engine, { heap, at, size }, engine);
  return engine;
}

/** A module's functions on a heap, and its constants at the beginning of the weights. */
function functionsAt(kept: Kept, names: Functions, heap: Heap, at: number): Record<string, Run> {
  const [module, instances] = moduleOf(kept, names);
  let found = instances.get(heap);
  if (!found) {
    const m = heap.memory as WasmMemory;
    const { exports } = new (webAssembly().Instance)(module, { e: { m } });
    found = exports as Record<string, Run>;
    instances.set(heap, found);
  }
  for (const [i, value] of kept.pool.values.entries()) {
    heap.floats.fill(value, at + i * 4, at + i * 4 + 4);
  }
  return found;
}
