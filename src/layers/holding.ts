import { mismatch } from '../errors.js';
import type { BirthOptions, Machine } from '../streams/any-machine.js';
import { type AnyCell, type Composition, internals, type LayerSpec } from '../streams/cell.js';
import { children, hasState } from '../streams/children.js';
import { made } from '../streams/function-cell.js';
import { machineAround } from '../streams/record-machine.js';
import { copyValue } from '../streams/values.js';
import { joins } from './combine.js';
import { startTogether } from './compose.js';
import { isMarker } from './taps.js';

/**
 * A cell to start only: at steps of which `isHeld` is true, each member that has a state keeps it
 * and repeats its last output, zeros at first; members without a state run as ever. So do Keras's
 * layers with masks, but for those that take the mask away.
 */
export function holding(cell: AnyCell, isHeld: () => boolean): AnyCell {
  if (isMarker(cell)) return cell;
  const kept = cell[internals];
  const { spec, initialState } = kept;
  const kind = 'members' in spec ? spec.kind : undefined;
  const members = children(cell);
  let { start } = kept;
  if (kind?.name === 'chain') {
    const { inputSize } = cell;
    const { through } = spec as LayerSpec & Pick<Composition, 'through'>;
    const held = members.map(member => holding(member, isHeld));
    const run = startTogether({ where: 'chain', members: held, through, inputSize, joins });
    start = (state, options) => run(state ?? made(initialState), options);
  } else if (kind?.sameState && members.length) {
    start = holding(members[0], isHeld)[internals].start;
  } else if (hasState(cell)) {
    start = (state, options) => heldMachine(cell, isHeld, state, options);
  }
  return { [internals]: { ...kept, start } } as AnyCell;
}

function heldMachine(
  cell: AnyCell,
  isHeld: () => boolean,
  state: unknown,
  options?: BirthOptions,
): Machine {
  const machine = cell[internals].start(state, options);
  const { outputSize } = cell;
  let last: unknown = outputSize && new Float32Array(outputSize);
  return machineAround(machine, {
    step(x) {
      if (!isHeld()) return (last = machine.step(x));
      const hint = 'how long its outputs are is not known before its first step';
      if (last === undefined)
        throw mismatch(String(cell), 'a first step that counts', 'a masked one', hint);
      return copyValue(last);
    },
  });
}
