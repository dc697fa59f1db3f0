import type { Model } from '../../src/code/model.js';
import { reference } from '../../src/core.js';
import type { Graph, Node, NodeOf } from '../../src/graph/graph.js';
import type { Padding } from '../../src/graph/steps.js';
import { equationCell } from '../../src/streams/equation-cell.js';

/** Steps one after another, `[step][size]`. */
export type Steps = readonly (readonly number[])[];
type Params = Model['params'];

/** States in the order of a stream's block: those that are read, and those that come next. */
interface States {
  readonly now: number[][];
  readonly next: number[][];
}

/**
 * The largest of all numbers that were worked out last, in between too: by it errors are measured.
 */
export const largest = { value: 0 };

/** One step of a model, in double precision; takes and answers the states in order. */
export function evaluateStep(
  { graph, params }: Model,
  inputs: Steps,
  now: Steps,
): { readonly y: readonly number[]; readonly next: Steps } {
  const states: States = { now: now.map(state => [...state]), next: [] };
  return { y: stepsOnce(graph, params, inputs, states), next: states.next };
}

/** A model of sequences on whole ones, one for each port, in double precision. */
export function evaluateSequence({ graph, params }: Model, inputs: readonly Steps[], now: Steps) {
  const states: States = { now: now.map(state => [...state]), next: [] };
  return sequence(graph, params, inputs, states, true);
}

/** The states of a model, all zeros. */
export function zeroStates(graph: Graph): number[][] {
  if (graph.sequence) {
    return graph.nodes.flatMap(node => (node.op === 'loop' ? zeroStates(node.body) : []));
  }
  return graph.nodes.flatMap(node => {
    if (node.op === 'move') return node.state ? [zeros(node.state)] : [];
    if (node.op === 'sequence') return zerosOfTurns(node);
    if (node.op !== 'cell') return [];
    const { sizes, definition } = node.cell;
    return definition.plan.states.map(({ dimension }) => zeros(sizes[dimension]));
  });
}

function zerosOfTurns({ body, steps }: NodeOf<'sequence'>): number[][] {
  const counts: number[] = [];
  return body.nodes.flatMap(node => {
    const count = countAfter(node, node.op === 'port' ? steps : counts[node.of[0]]);
    counts.push(count);
    if (node.op !== 'loop' || !node.each) return [];
    return Array.from({ length: count }, () => zeroStates(node.body)).flat();
  });
}

const zeros = (size: number): number[] => new Array(size).fill(0);

function stepsOnce(graph: Graph, params: Params, inputs: Steps, states: States): readonly number[] {
  const values: (readonly number[])[] = [];
  let port = 0;
  for (const node of graph.nodes) {
    const from = node.of.map(i => values[i]);
    const value = node.op === 'port' ? inputs[port++] : turn(node, params, from, states);
    largest.value = Math.max(largest.value, ...value.map(Math.abs));
    values.push(value);
  }
  return values[graph.output];
}

function turn(node: Node, params: Params, from: Steps, states: States): readonly number[] {
  switch (node.op) {
    case 'cell':
      return cell(node, params, from[0], states);
    case 'add':
    case 'multiply': {
      const combine = (a: number, b: number) => (node.op === 'add' ? a + b : a * b);
      const all = from[0].map((_, i) => from.map(v => v[i]).reduce(combine));
      return node.half ? all.map(v => v / 2) : all;
    }
    case 'move': {
      const held = node.state ? states.now.shift() : undefined;
      const value = zeros(node.size);
      for (const { from: source, at, to, count } of node.moves) {
        for (let i = 0; i < count; i++)
          value[to + i] = (held && source < 0 ? held : from[source])[at + i];
      }
      if (held) states.next.push(value.slice(-node.state));
      return value;
    }
    case 'stop':
      return from[0];
    case 'row':
      return [...params[node.params].weight].slice(from[0][0] * node.size).slice(0, node.size);
    case 'sequence': {
      const width = from[0].length / node.steps;
      const steps = Array.from({ length: node.steps }, (_, t) =>
        from[0].slice(t * width, (t + 1) * width),
      );
      return sequence(node.body, params, [steps], states, false).flat();
    }
    default:
      throw new TypeError(`${node.op} in a graph of steps`);
  }
}

function cell(node: NodeOf<'cell'>, params: Params, x: readonly number[], { now, next }: States) {
  const spec = { ...node.cell, kind: 'equations' as const, params: params[node.params] };
  const names = node.cell.definition.plan.states.map(({ name }) => name);
  const given = names.map(name => [name, Float64Array.from(now.shift() ?? [])]);
  const step = reference(equationCell<unknown, number, number>(spec));
  const { state, y } = step(Object.fromEntries(given), x);
  next.push(...names.map(name => [...state[name]]));
  return [...y];
}

/**
 * `begins`: loops begin at the states; else at zeros, but for those that keep one for each turn.
 */
function sequence(
  graph: Graph,
  params: Params,
  inputs: readonly Steps[],
  states: States,
  begins: boolean,
): Steps {
  const values: Steps[] = [];
  let port = 0;
  for (const node of graph.nodes) {
    const from = node.of.map(i => values[i]);
    values.push(node.op === 'port' ? inputs[port++] : whole(node, params, from, states, begins));
  }
  return values[graph.output];
}

function whole(
  node: Node,
  params: Params,
  from: readonly Steps[],
  states: States,
  begins: boolean,
): Steps {
  const [first] = from;
  switch (node.op) {
    case 'loop': {
      const initial = zeroStates(node.body);
      let own = begins ? states.now.splice(0, initial.length) : initial;
      return first.map((_, t) => {
        if (node.each) own = states.now.splice(0, initial.length);
        const next: number[][] = [];
        const inputs = from.map(steps => steps[t]);
        const y = stepsOnce(node.body, params, inputs, { now: [...own], next });
        own = next;
        if (node.each) states.next.push(...next);
        return y;
      });
    }
    case 'unfold':
      return windows(node, first.length).map(window =>
        window.flatMap(t => {
          const zero = zeros(node.at + node.count);
          return (first[t] ?? zero).slice(node.at, node.at + node.count);
        }),
      );
    case 'pool': {
      const all = first.length ? windows(node, first.length) : [];
      return all.map(window => pooled(node, window, first));
    }
    case 'stop':
      return first;
    case 'repeat':
      return first.flatMap(step => Array.from({ length: node.times }, () => step));
    case 'last':
      return first.slice(-1);
    case 'reverse':
      return [...first].reverse();
    default:
      throw new TypeError(`${node.op} in a graph of sequences`);
  }
}

function pooled(
  { by, size, includePadding }: NodeOf<'pool'>,
  window: readonly number[],
  steps: Steps,
): readonly number[] {
  const inside = window.filter(t => t in steps);
  const count = includePadding ? window.length : inside.length;
  return zeros(size).map((_, i) => {
    const all = inside.map(t => steps[t][i]);
    return by === 'max' ? Math.max(...all) : all.reduce((sum, v) => sum + v, 0) / count;
  });
}

/** The steps of each window, those of the padding too, found by sliding it along. */
export function windows(
  {
    kernel,
    dilation = 1,
    stride = 1,
    padding = 0,
  }: { kernel?: number; dilation?: number; stride?: number; padding?: Padding },
  steps: number,
): number[][] {
  if (kernel === undefined) return steps ? [[...Array(steps).keys()]] : [];
  const taps = [...Array(kernel).keys()].map(k => k * dilation);
  const reach = taps[kernel - 1] + 1;
  let [before, after] = typeof padding === 'object' ? padding : [0, 0];
  if (typeof padding === 'number') before = after = padding;
  if (padding === 'same') {
    // tf.nn: pad_along = max((⌈steps / stride⌉ − 1) · stride + reach − steps, 0), less of it first.
    const total = Math.max((Math.ceil(steps / stride) - 1) * stride + reach - steps, 0);
    before = Math.floor(total / 2);
    after = total - before;
  }
  const all: number[][] = [];
  for (let first = -before; first + reach <= steps + after; first += stride) {
    all.push(taps.map(tap => first + tap));
  }
  return all;
}

/** How many steps a node makes of so many. */
export function countAfter(node: Node, count: number): number {
  if (node.op === 'repeat') return count * node.times;
  if (node.op === 'last') return count && 1;
  if (node.op === 'pool' && !count) return 0;
  return node.op === 'unfold' || node.op === 'pool' ? windows(node, count).length : count;
}
