import { readersOf } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import { ConstantPool, type Emitter, emitter } from '../kernels/wasm/emitter.js';
import { FunctionBuilder } from '../kernels/wasm/function-builder.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { assemble, type FunctionCode } from '../kernels/wasm/module.js';
import { graphCode } from './graph-code.js';
import { type FunctionName, scratch, weights } from './places.js';
import type { Layout, Turns } from './plans.js';
import { prepareCode } from './stage-code.js';
import { checkFinite } from './turns.js';
import type { Whole } from './whole.js';

/**
 * Parameters of the functions, in this order: addresses of the weights, of scratch and of blocks of
 * states to read and to write, in bytes, a count, and another block to write to.
 */
const [now, next, count, spare] = [scratch + 1, scratch + 2, scratch + 3, scratch + 4];

/** A model's machine code. */
export interface CompiledCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the weights begin with, each number four times. */
  readonly constants: readonly number[];
}

/**
 * Compiles a model to a WebAssembly module with some of the functions `prepare`, once the weights
 * are packed; `step`, one stream one step; `streams`, `count` streams one step; `steps`, one stream
 * `count` steps, with a second block to write to in turn; `sequence`, a whole one, after `now` for
 * each value of the graph its address and how many steps it has. They answer 0, or which node, from
 * 1, has an input that it cannot take. Constants are added to those in `pool`.
 */
export function compile(
  plan: Layout & { readonly whole?: Whole | undefined },
  relaxed: boolean,
  names: readonly FunctionName[],
  pool = new ConstantPool(),
): CompiledCode {
  const { whole } = plan;
  const build = (parameters: number, codeOf: (e: Emitter) => Code): FunctionCode => {
    const fn = new FunctionBuilder(parameters);
    return fn.body([codeOf(emitter(fn, pool, relaxed, local.get(weights))), i32.const(0)]);
  };
  const turns = (kind: Turns['kind']): Turns => {
    return { kind, count: local.get(count), now, next, spare, block: plan.block };
  };
  const run = (kind: Turns['kind'], parameters: number) =>
    build(parameters, e => graphCode(e, plan, [], turns(kind)));
  const functions: Readonly<Record<FunctionName, () => FunctionCode>> = {
    prepare: () =>
      build(weights + 1, e => plan.all.map(({ cell }) => (cell ? prepareCode(e, cell) : []))),
    step: () =>
      build(next + 1, e => [
        inputsFinite(e, plan),
        graphCode(e, plan, [], { ...turns('one'), count: i32.const(1) }),
      ]),
    streams: () => run('streams', count + 1),
    steps: () => run('steps', spare + 1),
    sequence: () =>
      build(next + 2 * plan.nodes.length, e => whole?.code(e, plan, now, graphCode) ?? []),
  };
  const bytes = assemble(Object.fromEntries(names.map(name => [name, functions[name]()])));
  return { bytes, constants: pool.values };
}

/** One stream's inputs are checked here, those of many where they are read. */
function inputsFinite(e: Emitter, { graph, nodes }: Layout): Code {
  return readersOf(graph).map(([i, reader]) =>
    e.fn.scope(() =>
      checkFinite(e, nodes[i].output, nodes[i].node.size, nodes[reader].number, i32.const(1)),
    ),
  );
}
