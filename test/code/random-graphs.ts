import type { Model } from '../../src/code/model.js';
import { denseCell, gruCell, lstmCell, minGruCell, rnnCell } from '../../src/core.js';
import type { Node } from '../../src/graph/graph.js';
import type { Padding } from '../../src/graph/steps.js';
import type { MakeCell } from '../cells/kinds.js';
import { countAfter } from './evaluate-graph.js';
import { AnyModelBuilder, modelOf } from './models.js';

/** Draws a whole number from 0 to `most`. */
export type Draw = (most: number) => number;

const one = <T>(draw: Draw, values: readonly T[]): T => values[draw(values.length - 1)];

const cells = [
  lstmCell,
  gruCell,
  rnnCell,
  minGruCell,
  denseCell,
  (input, size, options) => denseCell(input, size, { ...options, activation: 'tanh' }),
  (input, size, options) => gruCell(input, size, { ...options, resetGate: 'before' }),
] as readonly MakeCell[];
const sizes = [1, 2, 3, 4, 5, 8, 17];
/** A vector of more features than this is not made longer. */
const wide = 40;

/** A builder with ports of these lengths. */
export function ported([first, ...rest]: readonly number[]): AnyModelBuilder {
  const builder = new AnyModelBuilder(first);
  for (const [k, size] of rest.entries()) {
    builder.add({ op: 'port', name: `x${k}`, of: [], size, where: '' });
  }
  return builder;
}

/** A model of steps with ports of these lengths, in which sequences are nested so deep. */
export function someSteps(draw: Draw, ports: readonly number[], depth: number): Model {
  const builder = ported(ports);
  for (let left = draw(2); left >= 0; left--) {
    addStep(builder, draw, depth);
    if (!draw(4)) addStop(builder);
  }
  return builder.model(builder.nodes.length - 1);
}

/** What the last node is, stopped. */
function addStop(builder: AnyModelBuilder): void {
  const last = builder.nodes.length - 1;
  const { size } = builder.nodes[last];
  builder.add({ op: 'stop', of: [last], size, where: `n${last + 1}` });
}

function addStep(builder: AnyModelBuilder, draw: Draw, depth: number): void {
  const { nodes } = builder;
  const source = draw(2) ? nodes.length - 1 : draw(nodes.length - 1);
  const { size } = nodes[source];
  const common = { of: [source], size, where: `n${nodes.length}` };
  const kind = draw(depth > 0 ? 5 : 3);
  if (kind < 2) {
    const cell = one(draw, cells)(size, one(draw, sizes), { seed: draw(1000) });
    builder.inline(modelOf(cell), [source], `n${nodes.length}.`);
  } else if (kind === 2) {
    const peers = [...nodes.keys()].filter(i => nodes[i].size === size);
    const of = [source, ...Array.from({ length: 1 + draw(1) }, () => one(draw, peers))];
    const isMean = of.length === 2 && draw(1) > 0;
    const op = draw(1) ? 'add' : 'multiply';
    builder.add({ ...common, of, ...(isMean ? { op: 'add', half: true } : { op }) });
  } else if (kind === 3) addMove(builder, draw, source);
  else {
    const widths = sizes.filter(width => size % width === 0);
    const width = one(draw, widths);
    const steps = size / width;
    const body = someSequences(draw, [width], depth - 1, [steps]);
    const { nodes: inner, output } = body.graph;
    const [after] = countsOf(inner, [steps])[output];
    const taken = builder.body(body, `${common.where}.`);
    builder.add({
      ...common,
      op: 'sequence',
      steps,
      body: taken,
      size: after * inner[output].size,
    });
  }
}

/** Some numbers of two values and of a state, in another order, with gaps. */
function addMove(builder: AnyModelBuilder, draw: Draw, source: number): void {
  const { nodes } = builder;
  const of = [source, draw(nodes.length - 1)];
  const state = draw(2) && 1 + draw(4);
  const moves: { from: number; at: number; to: number; count: number }[] = [];
  let to = draw(1);
  for (let left = 1 + draw(2); left > 0; left--) {
    const from = draw(state ? 2 : 1) - (state ? 1 : 0);
    const length = from < 0 ? state : nodes[of[from]].size;
    const at = draw(length - 1);
    const count = 1 + draw(Math.min(length - at, 9) - 1);
    moves.push({ from, at, to, count });
    to += count + draw(1);
  }
  const size = Math.max(to, state);
  builder.add({ op: 'move', moves, state, of, size, where: `n${nodes.length}` });
}

/** How many steps each node makes of each of these lengths. */
export function countsOf(nodes: readonly Node[], lengths: readonly number[]): number[][] {
  const counts: number[][] = [];
  for (const node of nodes) {
    counts.push(
      lengths.map((n, k) => (node.op === 'port' ? n : countAfter(node, counts[node.of[0]][k]))),
    );
  }
  return counts;
}

/**
 * A model of sequences with ports of these lengths, in which sequences are nested so deep. Fixed
 * numbers of steps are told, so that none are left without a step.
 */
export function someSequences(
  draw: Draw,
  ports: readonly number[],
  depth: number,
  fixed?: readonly [number],
): Model {
  const builder = ported(ports);
  const { nodes } = builder;
  for (let left = 1 + draw(3); left > 0; left--) {
    const counts = countsOf(nodes, fixed ?? [...Array(40).keys()]);
    const source = draw(2) ? nodes.length - 1 : draw(nodes.length - 1);
    const node = someSequence(builder, draw, depth, source, counts.map(String), Boolean(fixed));
    if (!fixed || countAfter(node, counts[node.of[0]][0])) builder.add(node);
    if (!draw(4)) addStop(builder);
  }
  return builder.ofSequences(nodes.length - 1);
}

function someSequence(
  builder: AnyModelBuilder,
  draw: Draw,
  depth: number,
  source: number,
  counts: readonly string[],
  isFixed: boolean,
): Node {
  const { nodes } = builder;
  const { size } = nodes[source];
  const common = { of: [source], size, where: `n${nodes.length}` };
  const kind = draw(8);
  if (kind === 0) return { ...common, op: 'reverse' };
  if (kind === 1) return { ...common, op: 'last' };
  if (kind === 2) return somePool(draw, common);
  if (kind === 8) return { ...common, op: 'repeat', times: 1 + draw(2) };
  if (kind < 5) {
    const at = draw(size - 1);
    const count = 1 + draw(size - at - 1);
    const kernel = 1 + draw(Math.max(0, Math.min(3, Math.floor(wide / count) - 1)));
    const geometry = { kernel, dilation: 1 + draw(2), stride: 1 + draw(2), padding: 0 };
    const padding = somePadding(draw, 4);
    return { ...common, op: 'unfold', ...geometry, padding, at, count, size: kernel * count };
  }
  const peers = [...nodes.keys()].filter(i => counts[i] === counts[source]);
  const of = [source, ...(draw(1) ? [one(draw, peers)] : [])];
  const body = someSteps(
    draw,
    of.map(i => nodes[i].size),
    depth,
  );
  const each = isFixed && draw(1) > 0 && { each: true as const };
  const { nodes: inner, output } = body.graph;
  const taken = builder.body(body, `${common.where}.`);
  return { ...common, op: 'loop', body: taken, of, size: inner[output].size, ...each };
}

function somePool(draw: Draw, common: Pick<Node, 'of' | 'size' | 'where'>): Node {
  const by = draw(1) ? 'max' : 'average';
  const includePadding = draw(1) > 0;
  if (!draw(2)) return { ...common, op: 'pool', by, includePadding: false };
  const kernel = 1 + draw(3);
  // No window lies in the padding alone.
  const padding = somePadding(draw, kernel - 1);
  return { ...common, op: 'pool', by, includePadding, kernel, stride: 1 + draw(2), padding };
}

function somePadding(draw: Draw, most: number): Padding {
  const kind = draw(2);
  if (kind === 0) return 'same';
  return kind === 1 ? draw(most) : [draw(most), draw(most)];
}
