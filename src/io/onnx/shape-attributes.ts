import { integerOf, type Node } from './graph.js';
import { ensure } from './unfit.js';

/** Attributes of Shape and Reshape, for constants and for what is computed alike. */

/** The axes that Shape tells of, as `slice` takes them. */
export function shapeRange(node: Node): [start: number, end: number | undefined] {
  const end = node.attributes.has('end') ? integerOf(node, 'end', 0) : undefined;
  return [integerOf(node, 'start', 0), end];
}

/** Refuses a Reshape in which 0 is no copied size, but none. */
export function checkZeros(node: Node, dims: readonly number[]): void {
  const isEmpty = integerOf(node, 'allowzero', 0) !== 0 && dims.includes(0);
  ensure(!isEmpty, 'allowzero with a size of 0: a tensor of no numbers');
}
