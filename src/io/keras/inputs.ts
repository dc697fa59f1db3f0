import { sliceCell } from '../../layers/moves.js';
import type { AnyCell } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { gatherCell } from './cells.js';
import type { Graph } from './graph.js';
import type { Flow, LayerContext } from './layer.js';
import type { Piece } from './wiring.js';

/** Layers of which each needs all steps of its input in one vector. */
const gathering = ['Flatten', 'Permute', 'Attention', 'AdditiveAttention'];

export function gathers({ layer }: Graph['nodes'][number]): boolean {
  return gathering.includes(layer.kind);
}

/**
 * What comes into a model: steps where there are three axes, and where the steps are indices. Of
 * several inputs to a model that looks ahead, each is a window of steps.
 */
export function inputsOf(graph: Graph, context: LayerContext): readonly Flow[] {
  const flows = graph.inputShapes.map((_, i) => flowOf(graph, i, context));
  if (flows.length === 1) return flows;
  const isWhole = graph.nodes.some(gathers);
  return flows.map((flow, i) => {
    if (flow.outer) context.refuse('several inputs, one of four axes');
    if (!flow.sequence || !(isWhole || context.isWhole())) return flow;
    if (flow.steps !== undefined) return { ...flow, windowed: true, branch: true };
    return context.refuse(`an unknown number of steps of ${quoted(graph.inputs[i])}`);
  });
}

function flowOf({ inputShapes, inputs, nodes }: Graph, i: number, { refuse }: LayerContext): Flow {
  const shape = inputShapes[i];
  if (!shape) return refuse('no shape of its input');
  const readers = nodes.filter(node => node.inputs.includes(inputs[i]));
  const areIndices = readers.length > 0 && readers.every(({ layer }) => layer.kind === 'Embedding');
  const [, first, size] = shape;
  if (areIndices && shape.length === 2) return { size: 1, sequence: true, steps: first };
  if (shape.length === 2 && first !== undefined) return { size: first, sequence: false };
  if (shape.length === 3 && size !== undefined) return { size, sequence: true, steps: first };
  const [, outer, steps, last] = shape;
  if (shape.length === 4 && steps !== undefined && last !== undefined) {
    return { size: last, sequence: true, steps, windowed: true, outer: { steps: outer } };
  }
  return refuse(`an input of shape [${shape.map(n => n ?? 'null').join(', ')}]`);
}

/** A name that no layer has. */
const all = ' all';

interface Joined {
  /** Makes one vector of the inputs. */
  readonly first: readonly AnyCell[];
  readonly size: number;
  readonly graph: Graph;
  readonly pieces: readonly Piece[];
}

/** Refuses names that could hide, or are none of a record's fields. */
export function checkNames(what: string, names: readonly string[], { refuse }: LayerContext): void {
  const odd = names.find(name => name === '' || /\p{C}|^__proto__$|^.{80}/u.test(name));
  if (odd !== undefined) refuse(`${what} called ${quoted(odd)}`);
}

/** Several inputs as one vector, of which each is a part, before its first reader. */
export function joinedInputs(
  graph: Graph,
  flows: readonly Flow[],
  pieces: readonly Piece[],
  context: LayerContext,
): Joined {
  const { inputs, isOneInput } = graph;
  if (!isOneInput) checkNames('an input', inputs, context);
  const sizes = flows.map(({ size, steps = 1, branch }) => (branch ? size * steps : size));
  const total = isOneInput ? sizes[0] : sizes.reduce((sum, size) => sum + size, 0);
  const named = (name: string, i: number) => [name, sizes[i]] as const;
  const runs = sizes.map((count, i) => [i, 0, 1, count]);
  let end = 0;
  const parts = flows.map((flow, i): Piece => {
    const begin = isOneInput ? 0 : end;
    end = begin + sizes[i];
    const { size, steps = 1, branch } = flow;
    const own = isOneInput ? [] : [sliceCell(total, begin, end)];
    const members = [...own, ...(branch ? [{ window: steps, size }] : [])];
    return { id: inputs[i], inputs: [all], flow, members };
  });
  return {
    first: isOneInput ? [] : [gatherCell(inputs.map(named), [['y', runs]])],
    size: total,
    graph: { ...graph, inputs: [all] },
    pieces: placed(parts, pieces, graph.outputs),
  };
}

/** The layers of a model, and each input before the first layer that reads it. */
function placed(
  inputs: readonly Piece[],
  pieces: readonly Piece[],
  outputs: readonly string[],
): readonly Piece[] {
  const left = new Map(inputs.map(input => [input.id, input]));
  const before = (ids: readonly string[]) => {
    return ids.flatMap(id => {
      const input = left.get(id);
      left.delete(id);
      return input ?? [];
    });
  };
  return [...pieces.flatMap(piece => [...before(piece.inputs), piece]), ...before(outputs)];
}
