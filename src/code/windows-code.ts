import { windowsOf } from '../graph/steps.js';
import type { Code } from '../kernels/wasm/code.js';
import * as control from '../kernels/wasm/control.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import * as i32 from '../kernels/wasm/i32.js';
import * as local from '../kernels/wasm/local.js';
import { advance, countDown } from '../kernels/wasm/loops.js';
import { addressOf } from './places.js';
import type { Count, Value } from './plans.js';

type WindowNode = Parameters<typeof windowsOf>[0];

/**
 * Runs the composed code for each window. Its two locals are the address of the window's row of
 * `target`, and its first step in `source`, below 0 in the padding.
 */
export function eachWindow(
  e: Emitter,
  node: WindowNode,
  source: Value,
  target: Value,
  compose: (row: number, first: number) => Code,
): Code {
  const [row, first, left] = e.fn.numbers(3);
  return [
    local.set(row, addressOf(target.place)),
    local.set(first, i32.sub(i32.const(0), stepsBefore(node, source.count))),
    local.set(left, target.count.code),
    control.if(
      local.get(left),
      countDown(left, [
        compose(row, first),
        advance(row, target.place.stride),
        advance(first, node.stride ?? 1),
      ]),
    ),
  ];
}

/**
 * How many steps of padding are before a sequence. With 'same' it follows from the count of the
 * steps: known here, or found when the code runs.
 */
function stepsBefore(node: WindowNode, { fixed, code }: Count): Code {
  const { padding, kernel = 1, dilation = 1, stride = 1 } = node;
  if (padding !== 'same' || fixed !== undefined) {
    return i32.const(windowsOf(node, fixed ?? 0).before);
  }
  // (⌈steps / stride⌉ − 1) · stride + reach − steps, half of it: see `windowsOf`.
  const reach = dilation * (kernel - 1) + 1;
  const windows = i32.divU(i32.add(code, i32.const(stride - 1)), i32.const(stride));
  const total = i32.sub(
    i32.add(i32.mul(i32.sub(windows, i32.const(1)), i32.const(stride)), i32.const(reach)),
    code,
  );
  const none = i32.const(0);
  return control.select(i32.shrS(total, i32.const(1)), none, i32.gtS(total, none));
}
