import { type AnyCell, internals } from './cell.js';
import { MachineStates } from './machine-states.js';
import { SlabStates } from './slab-states.js';
import type { KeyedOptions, KeyedStates } from './slot-states.js';

/**
 * Keyed states of a model: in a slab where it is all equations, else a machine a key. One that
 * reads sequences as wholes has machines that refuse each step.
 */
export function keyedStates(cell: AnyCell, options: KeyedOptions): KeyedStates {
  const { engines, shape, ports, why } = cell[internals];
  if (!engines || !shape || why) return new MachineStates(cell, options);
  const states = new SlabStates(cell, engines.get(options.backend), shape, options);
  return ports ? ports.keyed(states, options.transferable) : states;
}
