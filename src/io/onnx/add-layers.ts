import { sizeOf } from '../../arrays/ndarray.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import { axesText, ensure, type Flow } from './flow.js';
import type { Node } from './graph.js';
import type { Layer, LayerDraft } from './network.js';
import { checkBatch, pointwise, type Reading } from './reading.js';
import { type Constant, constantOf, weightsOf } from './tensor.js';
import { broadcastDims, broadcastTo, transposed, viewed, viewOf } from './views.js';
import { places } from './whole-elementwise.js';

/** The numbers of a new layer that reads these, as often as the flow has steps. */
export function added(
  { network }: Reading,
  { where }: Node,
  numbers: Float64Array,
  draft: LayerDraft,
  steps: number,
  reads = network.reads(where, numbers, steps),
): Float64Array {
  return network.numbers(network.add(where, reads, draft, steps));
}

/** Some numbers row-major along other dimensions. */
function viewedNumbers(
  numbers: Float64Array,
  dims: readonly number[],
  { budget }: Reading,
  view: (own: ReturnType<typeof viewOf>) => ReturnType<typeof viewOf>,
): Float64Array {
  const constant = constantOf('', dims, numbers);
  return viewed(budget, constant, view(viewOf(constant))).values() as Float64Array;
}

/** A flow's numbers with its axes in another order. */
export function numbersInOrder(flow: Flow, order: readonly number[], reading: Reading) {
  return viewedNumbers(flow.numbers, flow.dims, reading, view => transposed(view, order));
}

/** Numbers that lie in the order of some axes, put back into the order of their own. */
export function numbersBack(
  numbers: Float64Array,
  dims: readonly number[],
  order: readonly number[],
  reading: Reading,
): Float64Array {
  const back = dims.map((_, axis) => order.indexOf(axis));
  const own = order.map(axis => dims[axis]);
  return viewedNumbers(numbers, own, reading, view => transposed(view, back));
}

/** A flow along dimensions to which it is broadcast, with as many axes of 1 before its own. */
export function broadcastFlow(flow: Flow, dims: readonly number[], reading: Reading): Flow {
  const more = dims.length - flow.dims.length;
  const shifted = (axis: number | undefined) => (axis === undefined ? undefined : axis + more);
  const numbers = viewedNumbers(flow.numbers, flow.dims, reading, v => broadcastTo(v, dims));
  return { ...flow, dims, numbers, time: shifted(flow.time), batch: shifted(flow.batch) };
}

/** A flow along the dimensions that a constant gives it, and the constant's numbers there. */
export function besideConstant(flow: Flow, constant: Constant, reading: Reading) {
  const why = `a constant of shape [${constant.dims}] with ${axesText(flow)}`;
  const dims = broadcastDims(flow.dims, constant.dims);
  reading.budget.spend(8 * sizeOf(dims));
  const wide = broadcastFlow(flow, dims, reading);
  const size = (axis: number | undefined) =>
    axis === undefined ? 1 : (constant.dims[axis - dims.length + constant.dims.length] ?? 1);
  ensure(size(wide.time) === 1 && size(wide.batch) === 1, why);
  const values = viewed(reading.budget, constant, broadcastTo(viewOf(constant), dims)).values();
  return { wide, values: weightsOf(constantOf(constant.name, dims, Float32Array.from(values))) };
}

/** Two flows in the shape that ONNX broadcasts them to. */
export function aligned(a: Flow, b: Flow, reading: Reading): readonly [Flow, Flow] {
  const why = `${axesText(a)} and ${axesText(b)}, which differ`;
  const dims = broadcastDims(a.dims, b.dims);
  const [left, right] = [a, b].map(flow => broadcastFlow(flow, dims, reading));
  ensure(left.time === right.time && left.steps === right.steps, why);
  const isApart = dims[(left.batch ?? right.batch) as number] ?? 1;
  ensure(isApart === 1, why);
  return [{ ...left, batch: left.batch ?? right.batch }, right];
}

/**
 * A layer on each number of a flow, or on those of several flows at the same place: each that
 * stands at several places once, and in the order in which they lie.
 */
export function onNumbers(
  node: Node,
  flows: readonly Flow[],
  vectors: readonly Float32Array[],
  reading: Reading,
  draftOf: (
    size: number,
    vectors: readonly Float32Array[],
    /** The layer whose output it all is, in whose place one may come that does both. */
    before: Layer | undefined,
  ) => LayerDraft,
): Flow {
  const [flow] = flows;
  const { network } = reading;
  const operands = flows.map(({ numbers }) => numbers);
  // They may have to be put in order.
  reading.budget.spend(8 * flow.numbers.length);
  const { order, place } = places(flow.numbers.length, operands, vectors);
  const numbers = Float64Array.from(operands.flatMap(own => order.map(i => own[i])));
  const own = vectors.map(values => Float32Array.from(order, i => values[i]));
  const signal = network.whole(numbers);
  const before = signal === undefined ? undefined : network.layer(signal);
  const draft = draftOf(order.length, own, before);
  // A draft of both is as linear as the one before, and no other is.
  const reads = before && draft.linear ? before.reads : undefined;
  const made = added(reading, node, numbers, draft, flow.steps, reads);
  return { ...flow, numbers: Float64Array.from(place, i => made[i]) };
}

/** A flow through a function of each number. */
export function mapped(
  node: Node,
  flow: Flow,
  make: (size: number) => AnyCell,
  reading: Reading,
): Flow {
  return onNumbers(node, [flow], [], reading, size => pointwise(size, () => make(size)));
}

/** A layer on the vectors along some axes of a flow, which answers another one in their place. */
export function onVectors(
  node: Node,
  flow: Flow,
  along: readonly number[],
  reading: Reading,
  draftOf: (size: number) => LayerDraft,
): { readonly numbers: Float64Array; readonly kept: readonly number[]; readonly width: number } {
  const kept = flow.dims.flatMap((_, i) => (along.includes(i) ? [] : i));
  const size = sizeOf(along.map(i => flow.dims[i]));
  const numbers = numbersInOrder(flow, [...kept, ...along], reading);
  const rows = Array.from({ length: numbers.length / size }, (_, i) => {
    return numbers.subarray(i * size, (i + 1) * size);
  });
  // In the order in which they lie.
  const order = rows.map((_, i) => i).sort((i, k) => rows[i][0] - rows[k][0] || i - k);
  const reads = Float64Array.from(order.flatMap(i => [...rows[i]]));
  const draft = draftOf(size);
  const made = added(reading, node, reads, perVector(rows.length, draft), flow.steps);
  const out = new Float64Array(rows.length * draft.width);
  for (const [at, row] of order.entries()) {
    const own = made.subarray(at * draft.width, (at + 1) * draft.width);
    out.set(own, row * draft.width);
  }
  return { numbers: out, kept, width: draft.width };
}

/** The same, where the vectors that are answered are of the same size. */
export function alongAxes(
  node: Node,
  flow: Flow,
  along: readonly number[],
  reading: Reading,
  make: (size: number) => AnyCell,
): Flow {
  checkBatch(flow, along);
  const isApart = along.every(axis => axis !== flow.time);
  ensure(isApart, `${axesText(flow)}, of which the axis is none of features`);
  const { numbers, kept } = onVectors(node, flow, along, reading, size =>
    pointwise(size, () => make(size)),
  );
  return { ...flow, numbers: numbersBack(numbers, flow.dims, [...kept, ...along], reading) };
}

/** A layer for each of `count` vectors in a row. */
function perVector(count: number, draft: LayerDraft): LayerDraft {
  if (count === 1) return draft;
  const { width, make, linear } = draft;
  return {
    width: width * count,
    streams: true,
    make: () => windowCell(count, make()),
    linear: linear && {
      size: linear.size,
      ...(linear.biased && { biased: bias => perVector(count, linear.biased!(bias)) }),
      ...(linear.activated && { activated: name => perVector(count, linear.activated!(name)) }),
    },
  };
}
