import { asRecurError } from '../errors.js';
import { stepsAfter as stepsOfGraph } from '../graph/counts.js';
import { lifted, type Model, ModelBuilder, type Node } from '../graph/graph.js';
import {
  type AnyCell,
  type BirthOptions,
  type Flow,
  internals,
  type Join,
  type Through,
} from '../streams/cell.js';
import type { Frames } from '../streams/frames.js';
import type { Machine } from '../streams/machine.js';
import { wholeMachine } from '../streams/sequence-machine.js';
import { settler } from '../streams/settle.js';
import type { StateShape } from '../streams/state.js';
import { combineFrames, combineValues } from './combine.js';
import type { Runs } from './layer-cell.js';
import { isMarker, machineOf } from './machine-of.js';
import { wholeRun } from './whole-run.js';

/** A layer of members, and how its input goes through them. */
export interface Composition {
  /** Its name in messages. */
  readonly where: string;
  readonly members: readonly AnyCell[];
  readonly through: Through;
  readonly inputSize: number | undefined;
  /** Why it reads sequences as wholes, if it does whatever its members do. */
  readonly why?: string;
}

/** How a layer of members runs: as one program, or, where users' functions are, member by member. */
export function composed(own: Composition): Runs {
  const { where, members, inputSize } = own;
  const reading = members.find(member => member[internals].why);
  const why = own.why ?? reading?.[internals].why ?? '';
  const shapes = members.map(shapeOf);
  if (inputSize === undefined || shapes.includes(undefined)) {
    return { start: startTogether(own, why), why };
  }
  const model = modelOf(own, inputSize, why !== '');
  return { model, shape: { kind: where, members: shapes as StateShape[] }, why };
}

/** The state of a member that can be a part of a program. */
function shapeOf(member: AnyCell): StateShape | undefined {
  if (isMarker(member)) return { layer: 'tap', variables: [] };
  const { engines, shape, initialState } = member[internals];
  return engines && initialState === undefined ? shape : undefined;
}

/** True for a member that can be a part of a program. */
export const isProgram = (member: AnyCell) => shapeOf(member) !== undefined;

/** Members as one graph. */
function modelOf({ where, members, through }: Composition, size: number, sequence: boolean): Model {
  const builder = new ModelBuilder(size);
  const sizeOf = (i: number) => builder.nodes[i].size;
  const flow: Flow<number> = {
    member(i, input) {
      const model = (members[i][internals].engines as { readonly model: Model }).model;
      return builder.inline(sequence ? lifted(model) : model, [input], `${where}[${i}].`);
    },
    joined(by, of, at) {
      const node = joinNode(by, of.map(sizeOf), at);
      if (!sequence) return builder.add({ ...node, of });
      const inner = new ModelBuilder();
      for (const i of of) inner.port('x', sizeOf(i));
      const { graph } = inner.model(inner.add(node));
      return builder.add({ op: 'loop', body: graph, of, size: node.size, where: at });
    },
    reversed: of => builder.add({ op: 'reverse', of: [of], size: sizeOf(of), where }),
  };
  return builder.model(through(flow, 0), sequence);
}

/** What makes one of vectors of these sizes, the first nodes of a graph. */
export function joinNode(by: Join, sizes: readonly number[], where: string): Node {
  const of = [...sizes.keys()];
  const [size] = sizes;
  if (by !== 'concat') {
    const isMean = by === 'average';
    return { op: isMean ? 'add' : by, ...(isMean && { half: true }), of, size, where };
  }
  let to = 0;
  const moves = sizes.map((count, from) => ({ from, at: 0, to: (to += count) - count, count }));
  return { op: 'move', moves, state: 0, of, size: to, where };
}

/** Starts members of which some are no programs, or begin elsewhere. */
export function startTogether({ where, members, through }: Composition, why: string) {
  const prefixed = <T>(i: number, run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw asRecurError(error, 'a member', { prefix: `${where}[${i}].` });
    }
  };
  const settlers = members.map(member => settler(member));
  const stepping = (machines: readonly Machine[]): Flow<unknown> => ({
    // A function before it may have made anything.
    member: (i, x) => prefixed(i, () => machines[i].step(i ? settlers[i](x) : x)),
    joined: (by, values, at) => combineValues(at, by, values),
    reversed: value => value,
  });
  const whole = (machines: readonly Machine[]): Flow<Frames> => ({
    member: (i, x) => prefixed(i, () => wholeRun(machines[i], x, members[i].outputSize)),
    joined: (by, values, at) => combineFrames(at, by, values),
    reversed,
  });
  return (state?: unknown, options: BirthOptions = {}): Machine => {
    const machine = machineOf(where, members, state, options, (machines, x) =>
      through(stepping(machines), x),
    );
    if (!why) return machine;
    return wholeMachine(where, why, {
      whole: steps => through(whole(machine.machines), steps),
      state: () => machine.state(),
      release: () => machine.release(),
    });
  };
}

/** Steps from the last to the first. */
export function reversed({ data, count, size }: Frames): Frames {
  const result = new Float32Array(data.length);
  for (let t = 0; t < count; t++) {
    result.set(data.subarray(t * size, (t + 1) * size), (count - 1 - t) * size);
  }
  return { data: result, count, size };
}

/** How many steps a layer makes of so many. */
export function stepsAfter(cell: AnyCell, steps: number): number {
  const { engines, spec } = cell[internals];
  if (engines)
    return engines.model.graph.sequence ? stepsOfGraph(engines.model.graph, steps) : steps;
  const { members = [], through } = spec as Partial<Composition>;
  const flow: Flow<number> = {
    member: (i, count) => stepsAfter(members[i], count),
    joined: (_, [count]) => count,
    reversed: count => count,
  };
  return through?.(flow, steps) ?? steps;
}
