import type { Move } from '../../code/moves.js';
import type { OtherSpec, UnitSpec } from '../../code/units.js';
import type { GraphWriter, StateNames } from './graph-writer.js';

/** The last index that there is, as ONNX's Slice takes it. */
const toTheEnd = 2 ** 31 - 1;

/** A unit that moves numbers. */
type MoveSpec = OtherSpec & { readonly moves: readonly Move[] };

export function isMove(spec: UnitSpec): spec is MoveSpec {
  return spec.kind === 'move' && 'moves' in spec;
}

/** True for a window of whole steps: those before, and then the step. */
export function isContext({ inputs: [size], state, moves, size: out }: MoveSpec): boolean {
  const [before, step] = moves;
  return (
    moves.length === 2 &&
    state % size === 0 &&
    out === state + size &&
    String([before.from, before.at, before.to, before.count]) === String([-1, 0, 0, state]) &&
    String([step.from, step.at, step.to, step.count]) === String([0, 0, state, size])
  );
}

/** Writes numbers that move, of one step or of all: parts of the inputs in a row, zeros between. */
export function writeMoves(
  graph: GraphWriter,
  spec: MoveSpec,
  prefix: string,
  inputs: readonly string[],
  state?: StateNames,
): string {
  const lengthOf = (from: number) => (from < 0 ? spec.state : spec.inputs[from]);
  const parts: string[] = [];
  let at = 0;
  const zeros = (count: number) => {
    if (count <= 0) return;
    // Zeros of the batch's size: a part of the input times 0, as often as needed.
    const [first] = inputs;
    const one = graph.node('Mul', [slice(graph, prefix, first, 0, 1), graph.constant(0)], prefix);
    for (let i = 0; i < count; i++) parts.push(one);
  };
  for (const move of [...spec.moves].sort((a: Move, b: Move) => a.to - b.to)) {
    zeros(move.to - at);
    const source = move.from < 0 ? (state?.before as string) : inputs[move.from];
    const isWhole = move.at === 0 && move.count === lengthOf(move.from);
    parts.push(isWhole ? source : slice(graph, prefix, source, move.at, move.at + move.count));
    at = move.to + move.count;
  }
  zeros(spec.size - at);
  const row = parts.length === 1 ? parts[0] : concat(graph, prefix, parts, -1);
  if (state) {
    const last = slice(graph, prefix, row, spec.size - spec.state, spec.size);
    graph.node('Identity', [last], prefix, undefined, [state.after]);
  }
  return row;
}

/** Writes all steps after the `steps` before, which are the state, and the last as the next one. */
export function writeWindow(
  graph: GraphWriter,
  prefix: string,
  input: string,
  steps: number,
  size: number,
): string {
  const { before, after } = graph.state(prefix, 'h', [steps, 'batch', size]);
  const all = concat(graph, prefix, [before, input], 0);
  const last = slice(graph, prefix, all, -steps, toTheEnd, 0);
  graph.node('Identity', [last], prefix, undefined, [after]);
  return all;
}

/** Writes a vector of the steps before and the step, for all steps. */
export function writeContext(
  graph: GraphWriter,
  prefix: string,
  input: string,
  steps: number,
  size: number,
): string {
  const all = writeWindow(graph, prefix, input, steps, size);
  const shifted = Array.from({ length: steps + 1 }, (_, i) => {
    return slice(graph, prefix, all, i, i === steps ? toTheEnd : i - steps, 0);
  });
  return concat(graph, prefix, shifted, -1);
}

function slice(
  graph: GraphWriter,
  prefix: string,
  of: string,
  begin: number,
  end: number,
  axis = -1,
): string {
  const bounds = [[begin], [end], [axis]].map(value => graph.constant(value));
  return graph.node('Slice', [of, ...bounds], prefix);
}

function concat(graph: GraphWriter, prefix: string, parts: readonly string[], axis: number) {
  return graph.node('Concat', parts, prefix, { axis: { int: axis } });
}
