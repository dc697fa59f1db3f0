import type { NdArray } from '../arrays/ndarray.js';
import { type AnyCell, equationCell, internals, type LayerSpec } from '../equations/cell.js';
import { parameterShapes, readParameters } from '../equations/parameters.js';
import { type EquationSpec, lower } from '../equations/spec.js';
import { mismatch } from '../errors.js';
import { backwardCell, bidirectionalCell, type Merge } from '../layers/bidirectional.js';
import { causalConv1dCell } from '../layers/causal-conv1d.js';
import { chainOf } from '../layers/chain.js';
import type { Combine } from '../layers/combine.js';
import { conv1dCell } from '../layers/conv1d.js';
import { embeddingCell } from '../layers/embedding.js';
import { startingFrom } from '../layers/function-cell.js';
import type { Member } from '../layers/members.js';
import { parallelCell, skipCell } from '../layers/parallel.js';
import { tap } from '../layers/taps.js';
import { windowCell } from '../layers/window.js';

type Params = Readonly<Record<string, NdArray>>;

/** The model again, each of its layers that has parameters with the next ones. */
export function withParams(cell: AnyCell, params: Iterator<Params>): AnyCell {
  const { spec, initialState } = cell[internals];
  const again = (members: readonly AnyCell[]) => members.map(member => withParams(member, params));
  if (spec.kind === 'function') return cell;
  if (spec.kind === 'chain') return startingFrom(chainOf(again(spec.members)), initialState);
  if (spec.kind === 'equations') {
    const own = equationsWith(spec, params);
    return own ? startingFrom(own, initialState) : cell;
  }
  const { settings, members, shapes } = spec;
  if (shapes.length === 0 && members.length === 0) return cell;
  const make = Object.hasOwn(makers, spec.name) ? makers[spec.name] : undefined;
  if (!make) throw mismatch(spec.name, 'a layer that is made again', String(cell));
  const own = shapes.length ? (params.next().value as Params) : {};
  return startingFrom(make(settings, again(members), own), initialState);
}

function equationsWith(spec: EquationSpec, params: Iterator<Params>): AnyCell | undefined {
  const { definition, sizes, bias } = spec;
  const shapes = parameterShapes(definition.plan, sizes, bias);
  if (shapes.length === 0) return undefined;
  const values = readParameters(lower(definition.name), shapes, params.next().value as Params);
  return equationCell({ ...spec, params: values });
}

type Settings = LayerSpec['settings'];
type Make = (settings: Settings, members: readonly AnyCell[], params: Params) => AnyCell;
type First = [AnyCell, ...AnyCell[]];

/** Layers that have parameters, or members that do, by their constructors' names. */
const makers: Readonly<Record<string, Make>> = {
  backward: (_, [member]) => backwardCell(member),
  bidirectional: ({ merge }, [forward, backward]) =>
    bidirectionalCell(forward, merge as Merge, backward),
  causalConv1d({ inputSize, outputSize, kernelSize, ...options }, _, params) {
    const sizes = [inputSize, outputSize, kernelSize] as [number, number, number];
    return causalConv1dCell(...sizes, { ...options, params });
  },
  conv1d({ inputSize, outputSize, kernelSize, ...options }, _, params) {
    const sizes = [inputSize, outputSize, kernelSize] as [number, number, number];
    return conv1dCell(...sizes, { ...options, params });
  },
  embedding({ count, size }, _, { weight }) {
    return embeddingCell(count as number, size as number, { params: { weight } });
  },
  parallel: ({ combine }, members) => parallelCell(combine as Combine, ...(members as First)),
  skip: ({ combine }, [member]) => skipCell(member as Member, combine as Combine),
  tap: ({ name }, [member]) => tap(name as string, member),
  window: ({ steps }, [member]) => windowCell(steps as number, member),
};
