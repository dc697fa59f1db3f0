import { activationCell } from '../../cells/activation.js';
import { describe, mismatch } from '../../errors.js';
import { chainOf } from '../../layers/chain.js';
import { sliceCell } from '../../layers/moves.js';
import { parallelCell, skipCell } from '../../layers/parallel.js';
import type { AnyCell } from '../../streams/cell.js';

/** The layer with its first `count` inputs added to its outputs, of which there are as many. */
export function skipFirst(layer: AnyCell, inputSize: number, count: number): AnyCell {
  if (inputSize === count) return skipCell(layer, 'add');
  return parallelCell('add', layer, sliceCell(inputSize, 0, count));
}

/**
 * What AIDA-X does around a network: the sound, its first input, times `in_gain`; with `in_skip`
 * added to the output; all times `out_gain`. Gains are in decibels.
 */
export function withGains(model: Readonly<Record<string, unknown>>, network: AnyCell): AnyCell {
  const [inGain, outGain] = [gainOf(model, 'in_gain'), gainOf(model, 'out_gain')];
  const { in_skip: skip = 0 } = model;
  if (skip !== 0 && skip !== 1) throw mismatch('rtneural in_skip', '0 or 1', describe(skip));
  const { inputSize, outputSize } = network as AnyCell & { inputSize: number; outputSize: number };
  if (skip && outputSize !== 1) {
    throw mismatch('rtneural in_skip', '0, or 1 with one output', `1 with ${outputSize}`);
  }
  const skipped = skip ? skipFirst(network, inputSize, 1) : network;
  const cells = [
    ...(inGain === 1 ? [] : [firstTimes(inGain, inputSize)]),
    skipped,
    ...(outGain === 1 ? [] : [times(outGain, outputSize)]),
  ];
  return cells.length === 1 ? skipped : chainOf(cells);
}

/** Decibels as a factor; AIDA-X has silence from −90 down. */
function gainOf(model: Readonly<Record<string, unknown>>, name: string): number {
  const decibels = model[name] ?? 0;
  if (typeof decibels !== 'number' || !(Math.abs(decibels) <= 200)) {
    throw mismatch(`rtneural ${name}`, 'decibels from -200 to 200', describe(decibels));
  }
  return decibels > -90 ? 10 ** (decibels / 20) : 0;
}

function times(factor: number, size: number): AnyCell {
  return activationCell(size, { name: 'affine', alpha: factor });
}

/** Other inputs are knobs, which have no gain. */
function firstTimes(factor: number, size: number): AnyCell {
  if (size === 1) return times(factor, 1);
  const first = chainOf([sliceCell(size, 0, 1), times(factor, 1)]);
  return parallelCell('concat', first, sliceCell(size, 1, size));
}
