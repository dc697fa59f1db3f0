import { sizeOf } from '../../arrays/ndarray.js';
import { activationCell, type ComposedName } from '../../cells/activation.js';
import { preluCell } from '../../cells/prelu.js';
import { type Activation, isActivationName } from '../../graph/activations.js';
import { chainOf } from '../../layers/chain.js';
import { parallelCell } from '../../layers/parallel.js';
import type { AnyCell } from '../../streams/cell.js';
import { erfCell } from '../erf.js';
import { besideConstant, mapped, onNumbers } from './add-layers.js';
import { ensure, type Flow } from './flow.js';
import {
  clipCell,
  geluCell,
  geluTanhCell,
  hardSwishCell,
  mishCell,
  powerCell,
} from './functions.js';
import { floatOf, type Node, textOf } from './graph.js';
import { functionOf } from './number-functions.js';
import {
  constantIn,
  flowIn,
  type Operator,
  optionalIn,
  pointwise,
  type Reading,
} from './reading.js';

const affine = (alpha: number, beta = 0): Activation => ({ name: 'affine', alpha, beta });

/** Functions of one number that are cells of their own. */
export const functionCells: Readonly<Record<string, (node: Node) => (size: number) => AnyCell>> = {
  Erf: () => erfCell,
  HardSwish: () => hardSwishCell,
  Mish: () => mishCell,
  Gelu: node => {
    const approximate = textOf(node, 'approximate', 'none');
    ensure(['none', 'tanh'].includes(approximate), `approximate ${approximate}`);
    return approximate === 'tanh' ? geluTanhCell : geluCell;
  },
  Celu: node => {
    const alpha = floatOf(node, 'alpha', 1);
    ensure(alpha > 0, `alpha ${alpha}`);
    return inTurn(affine(1 / alpha), 'elu', affine(alpha));
  },
  Swish: node => {
    const gate = inTurn(affine(floatOf(node, 'alpha', 1)), 'sigmoid');
    return size => parallelCell('multiply', activationCell(size, 'identity'), gate(size));
  },
};

const inTurn =
  (...activations: Activation[]) =>
  (size: number): AnyCell =>
    chainOf(activations.map(activation => activationCell(size, activation)));

/** Operators on each number of a step. */
export const functionOperators: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(
    functionOf.names.map((name): [string, Operator] => [
      name,
      (node, inputs, reading) => [
        activated(node, flowIn(inputs, 0, reading), functionOf(node, reading.operatorSet), reading),
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(functionCells).map(([name, cellOf]): [string, Operator] => [
      name,
      (node, inputs, reading) => [mapped(node, flowIn(inputs, 0, reading), cellOf(node), reading)],
    ]),
  ),
  Clip: (node, inputs, reading) => {
    const bound = (i: number, name: string, usual: number) => {
      const given = optionalIn(inputs, i) ? constantIn(inputs, i).values()[0] : undefined;
      const value = given ?? floatOf(node, name, usual);
      // The largest float32 stands for none.
      return Math.abs(value) >= 3.4e38 ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
    };
    const [low, high] = [
      bound(1, 'min', Number.NEGATIVE_INFINITY),
      bound(2, 'max', Number.POSITIVE_INFINITY),
    ];
    return [clipped(node, flowIn(inputs, 0, reading), [low, high], reading)];
  },
  Pow: (node, inputs, reading) => {
    const exponents = constantIn(inputs, 1).values();
    const [exponent] = exponents;
    ensure(exponents.length === 1, 'exponents that are not one number of the file');
    const fits = powerCell(1, exponent) !== undefined;
    ensure(fits, `the power ${exponent}, no multiple of ½ up to 32`);
    const flow = flowIn(inputs, 0, reading);
    return [mapped(node, flow, size => powerCell(size, exponent)!, reading)];
  },
  PRelu: (node, inputs, reading) => {
    const flow = flowIn(inputs, 0, reading);
    const slopes = constantIn(inputs, 1);
    const isAlong = reading.operatorSet > 6 || sizeOf(slopes.dims) === 1 || flow.dims.length < 3;
    ensure(isAlong, 'slopes along axis 1, as before operator set 7');
    const { wide, values } = besideConstant(flow, slopes, reading);
    return [
      onNumbers(node, [wide], [values], reading, (size, [alpha]) =>
        pointwise(size, () => preluCell(size, { params: { alpha } })),
      ),
    ];
  },
};

/** A flow through an activation, which a dense layer or a convolution before it takes in. */
export function activated(
  node: Node,
  flow: Flow,
  activation: Activation | ComposedName,
  reading: Reading,
): Flow {
  const name = typeof activation === 'string' ? activation : activation.name;
  return onNumbers(node, [flow], [], reading, (size, _, before) => {
    const own = isActivationName(name) && before?.linear?.activated?.(activation as Activation);
    return own || pointwise(size, () => activationCell(size, activation));
  });
}

/** A flow between two bounds, of which each may be infinite. */
export function clipped(
  node: Node,
  flow: Flow,
  [low, high]: readonly [number, number],
  reading: Reading,
): Flow {
  ensure(low <= high, `bounds [${low}, ${high}]`);
  if (low === 0 && high === Number.POSITIVE_INFINITY) {
    return activated(node, flow, 'relu', reading);
  }
  return mapped(node, flow, size => clipCell(size, low, high), reading);
}
