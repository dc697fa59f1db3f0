import type { NodeOf, Run } from '../graph/graph.js';
import type { Code } from '../kernels/wasm/code.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown } from '../kernels/wasm/loops.js';
import { copied, zeroed } from './copies.js';
import { addressOf, baseOf, behind, type Place, pointer } from './places.js';
import type { NodePlan, Operator, RowPlaces } from './plans.js';
import type { RunNode } from './runs.js';

/** Numbers of several vectors in any order. */
export const gather: Operator = { code, run: (_, node) => gathering(node) };

/** Numbers in a row that are moved without a loop. */
const unrolled = 8;

/** Runs of one length, each as far behind the one before. */
interface Block extends Run {
  readonly rows: number;
  /** From one run's first number to the next one's. */
  readonly pitch: number;
}

function code(
  e: Emitter,
  { node }: NodePlan<NodeOf<'gather'>>,
  { inputs, output }: RowPlaces,
): Code {
  let to = 0;
  return blocksOf(node.runs).map(block => {
    const target = behind(output, to * 4);
    to += block.rows * block.count;
    if (block.from < 0) return zeroed(e, target, block.rows * block.count);
    return blockCode(e, block, behind(inputs[block.from], block.at * 4), target);
  });
}

/** Runs that follow each other at one distance, as one block. */
function blocksOf(runs: readonly Run[]): Block[] {
  const blocks: Block[] = [];
  for (const run of runs) {
    const last = blocks[blocks.length - 1];
    const isAlike =
      last && run.from === last.from && run.step === last.step && run.count === last.count;
    const pitch = isAlike ? run.at - last.at - (last.rows - 1) * last.pitch : 0;
    if (isAlike && (last.rows === 1 || pitch === last.pitch)) {
      blocks[blocks.length - 1] = { ...last, pitch, rows: last.rows + 1 };
    } else {
      blocks.push({ ...run, rows: 1, pitch: 0 });
    }
  }
  return blocks;
}

function blockCode(e: Emitter, block: Block, source: Place, target: Place): Code {
  const { rows, pitch, count } = block;
  if (rows * count <= unrolled) {
    return Array.from({ length: rows }, (_, r) => {
      return runCode(e, block, behind(source, r * pitch * 4), behind(target, r * count * 4));
    });
  }
  if (rows === 1) return runCode(e, block, source, target);
  // The longer of both is the loop.
  if (count === 1) return runCode(e, { ...block, count: rows, step: pitch }, source, target);
  const [from, into, left] = e.fn.numbers(3);
  return [
    [local.set(from, addressOf(source)), local.set(into, addressOf(target))],
    local.set(left, i32.const(rows)),
    countDown(left, [
      runCode(e, block, pointer(from), pointer(into)),
      advance(from, pitch * 4),
      advance(into, count * 4),
    ]),
  ];
}

function runCode(e: Emitter, { step, count }: Run, source: Place, target: Place): Code {
  if (step === 1) return copied(e, source, target, count);
  const one = (from: Place, k: number) =>
    i32.store(
      baseOf(target),
      target.at + k * 4,
      i32.load(i32.add(baseOf(from), i32.const(from.at + k * step * 4)), 0),
    );
  if (count <= unrolled || (step >= 0 && count <= 4 * unrolled)) {
    return Array.from({ length: count }, (_, k) =>
      step >= 0
        ? i32.store(
            baseOf(target),
            target.at + k * 4,
            i32.load(baseOf(source), source.at + k * step * 4),
          )
        : one(source, k),
    );
  }
  const [from, into, left] = e.fn.numbers(3);
  return [
    [local.set(from, addressOf(source)), local.set(into, addressOf(target))],
    local.set(left, i32.const(count)),
    countDown(left, [
      i32.store(local.get(into), 0, i32.load(local.get(from), 0)),
      advance(from, step * 4),
      advance(into, 4),
    ]),
  ];
}

function gathering({ runs }: NodeOf<'gather'>): RunNode {
  return (memory, _, inputs, _now, _next, y) => {
    let to = y;
    for (const { from, at, step, count } of runs) {
      if (from < 0) memory.fill(0, to, to + count);
      else if (step === 1) memory.copyWithin(to, inputs[from] + at, inputs[from] + at + count);
      else for (let k = 0; k < count; k++) memory[to + k] = memory[inputs[from] + at + k * step];
      to += count;
    }
    return 0;
  };
}
