import { type Model, ModelBuilder } from '../code/model.js';
import { lifted, loop, whole } from '../code/sequences.js';
import { stepsAfter as stepsOfGraph } from '../graph/counts.js';
import type { BirthOptions, Machine } from '../streams/any-machine.js';
import { type AnyCell, type Composition, internals, type Runs } from '../streams/cell.js';
import type { Flow, Frames } from '../streams/flow.js';
import { engineSequences, wholeMachine } from '../streams/sequence-machine.js';
import type { StateShape } from '../streams/state.js';
import { inMember, modelIn, shapesOf, startTogether } from './compose.js';
import { wholeRun } from './whole-run.js';

/** How a model runs that reads sequences as wholes; `why` a single step tells it nothing. */
export function sequenceRuns(model: Model, shape: StateShape, why: string): Runs {
  return { model, shape, why, begin: engineSequences(why), compose: composeSequences(why) };
}

/** How layers of members run that read sequences as wholes. */
export function composeSequences(why: string): (own: Composition) => Runs {
  const compose = (own: Composition): Runs => {
    const { where, members, inputSize } = own;
    const shapes = shapesOf(members);
    if (!shapes || inputSize === undefined) return { start: startWhole(own, why), why, compose };
    return sequenceRuns(modelOf(own, inputSize), { kind: where, members: shapes }, why);
  };
  return compose;
}

/** Members as one graph of sequences. */
function modelOf({ where, members, through, joins }: Composition, size: number): Model {
  const builder = new ModelBuilder(size);
  const sizeOf = (i: number) => builder.nodes[i].size;
  const flow: Flow<number> = {
    member: (i, input) => builder.inline(lifted(modelIn(members[i])), [input], `${where}[${i}].`),
    joined(by, of, at) {
      const step = new ModelBuilder();
      const ports = of.map(i => step.port('x', sizeOf(i)));
      const node = joins?.node(step, by, ports, at) ?? 0;
      const body = builder.body(step.model(node), '');
      return builder.add({ op: 'loop', body, of, size: step.nodes[node].size, where: at }, loop);
    },
    reversed: of => builder.add({ op: 'reverse', of: [of], size: sizeOf(of), where }),
  };
  return builder.model(through(flow, 0), whole);
}

/** Starts members of which some are no programs, or begin elsewhere. */
function startWhole(own: Composition, why: string) {
  const { where, members, through, joins } = own;
  const start = startTogether(own);
  const flow = (machines: readonly Machine[]): Flow<Frames> => ({
    member: (i, x) => inMember(where, i, () => wholeRun(machines[i], x, members[i].outputSize)),
    joined: (by, values, at) => joins?.frames(at, by, values) ?? values[0],
    reversed,
  });
  return (state?: unknown, options: BirthOptions = {}): Machine => {
    const machine = start(state, options);
    return wholeMachine(where, why, {
      whole: steps => through(flow(machine.machines), steps),
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
  };
  return through?.(flow, steps) ?? steps;
}
