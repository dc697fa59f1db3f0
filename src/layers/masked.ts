import { hold } from '../code/hold.js';
import { ModelBuilder } from '../code/model.js';
import { move } from '../code/rows.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { children, hasState } from '../streams/children.js';
import { running } from '../streams/equation-cell.js';
import type { Flow } from '../streams/flow.js';
import type { StateShape } from '../streams/state.js';
import { joins } from './combine.js';
import { modelIn, shapesOf } from './compose.js';

/** A model that also reads whether a step is masked: the last of its input's numbers. */
export interface Masked {
  readonly start: ReturnType<typeof running>['start'];
  /** The state of the model itself. */
  stateOf(state: unknown): unknown;
}

const known = new WeakMap<AnyCell, Masked>();

/**
 * A model of which, at masked steps, each member that has a state keeps it and repeats its last
 * output, zeros at first; members without a state run as ever. Undefined where users' functions
 * are.
 */
export function masked(cell: AnyCell): Masked | undefined {
  const { inputSize } = cell;
  if (!shapesOf([cell]) || inputSize === undefined) return undefined;
  let found = known.get(cell);
  if (!found) {
    const builder = new ModelBuilder(inputSize + 1);
    const [x, mask] = [taken(builder, 0, inputSize), taken(builder, inputSize, 1)];
    const { node, shape, stateOf } = held(builder, cell, x, mask, '');
    found = { start: running(builder.model(node), shape).start, stateOf };
    known.set(cell, found);
  }
  return found;
}

function taken(builder: ModelBuilder, at: number, count: number): number {
  const moves = [{ from: 0, at, to: 0, count }];
  return builder.add({ op: 'move', moves, state: 0, of: [0], size: count, where: '' }, move);
}

/** A member that holds, its state, and how that is told without what it holds. */
interface Held {
  readonly node: number;
  readonly shape: StateShape;
  stateOf(state: unknown): unknown;
}

function held(builder: ModelBuilder, cell: AnyCell, x: number, mask: number, prefix: string): Held {
  const { spec } = cell[internals];
  const members = children(cell);
  if ('members' in spec && spec.kind.sameState) return held(builder, members[0], x, mask, prefix);
  if ('members' in spec && spec.kind.name === 'chain' && spec.through) {
    const all: Held[] = members.map(() => ({ ...nothing, node: x }));
    const flow: Flow<number> = {
      member(i, input) {
        all[i] = held(builder, members[i], input, mask, `${prefix}chain[${i}].`);
        return all[i].node;
      },
      joined: (by, of, at) => joins.node(builder, by, of, prefix + at),
    };
    return {
      node: spec.through(flow, x),
      shape: { members: all.map(({ shape }) => shape) },
      stateOf: state => all.map((own, i) => own.stateOf((state as unknown[])[i])),
    };
  }
  const [shape] = shapesOf([cell]) as readonly StateShape[];
  if (!hasState(cell)) {
    return { ...nothing, shape, node: builder.inline(modelIn(cell), [x], prefix) };
  }
  const size = cell.outputSize as number;
  const body = builder.body(modelIn(cell), prefix);
  return {
    node: builder.add({ op: 'hold', body, of: [x, mask], size, where: `${prefix}hold` }, hold),
    shape: { members: [shape, { layer: 'held', variables: [{ name: 'y', size }] }] },
    stateOf: state => (state as unknown[])[0],
  };
}

const nothing = { shape: { layer: 'tap', variables: [] }, stateOf: (state: unknown) => state };
