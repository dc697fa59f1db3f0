import { denseCell } from '../../cells/dense.js';
import { mismatch } from '../../errors.js';
import { causalConv1dCell } from '../../layers/causal-conv1d.js';
import { sliceCell } from '../../layers/moves.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Fields } from '../keras/fields.js';
import type { Circuit, Signal } from './circuit.js';
import { checkFields, countOf } from './config.js';
import type { Weights } from './weights.js';

/** A network while it is read: its layers, and the weights that are left for those to come. */
export interface Draft {
  readonly circuit: Circuit;
  readonly weights: Weights;
}

export interface Convolution {
  readonly from: number;
  readonly to: number;
  readonly kernel?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** A convolution that looks back, of PyTorch's weight `[to, from / groups, kernel]`. */
export function convolution({ circuit, weights }: Draft, where: string, of: Convolution): AnyCell {
  const { from, to, kernel = 1, dilation = 1, groups = 1, bias = true } = of;
  if (from % groups || to % groups) {
    throw mismatch(where, `groups that divide ${from} and ${to}`, `${groups}`);
  }
  circuit.reserve(where, (kernel - 1) * dilation * from);
  const weight = weights.take(where, to, from / groups, kernel);
  const params = { weight, ...(bias && { bias: weights.take(where, to) }) };
  if (kernel === 1 && groups === 1) return denseCell(from, to, { bias, params });
  return causalConv1dCell(from, to, kernel, { dilation, groups, bias, params });
}

/** Scales what it is given, and shifts it, by numbers that a condition says. */
export type Film = (x: Signal) => Signal;

export const unchanged: Film = x => x;

/** Perez et al. 2018, "FiLM: visual reasoning with a general conditioning layer". */
export function film(draft: Draft, at: Fields, name: string, sizes: FilmSizes): Film {
  const given = at.value(name);
  if (given === undefined || given === false) return unchanged;
  const config = at.object(name);
  checkFields(config, ['active', 'shift', 'groups']);
  if (!config.flag('active', true)) return unchanged;
  const { condition, conditionSize: from, size } = sizes;
  const shifts = config.flag('shift', true);
  const { where } = config;
  const to = shifts ? 2 * size : size;
  const cell = convolution(draft, where, { from, to, groups: countOf(config, 'groups', 1) });
  const { circuit } = draft;
  return x => {
    const both = circuit.add(where, cell, condition);
    if (!shifts) return circuit.join(where, 'multiply', x, both);
    const scale = circuit.add(where, sliceCell(to, 0, size), both);
    const shift = circuit.add(where, sliceCell(to, size), both);
    return circuit.join(where, 'add', circuit.join(where, 'multiply', x, scale), shift);
  };
}

interface FilmSizes {
  readonly condition: Signal;
  readonly conditionSize: number;
  readonly size: number;
}
