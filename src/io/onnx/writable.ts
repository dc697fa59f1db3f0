import { mismatch } from '../../errors.js';
import type { NodeOf } from '../../graph/graph.js';
import { isMarker } from '../../layers/taps.js';
import { type AnyCell, internals } from '../../streams/cell.js';
import { children } from '../../streams/children.js';
import { plainCell } from '../plain-cell.js';

/** The cell of a model that runs as one program, which begins at zeros. */
export function writable(model: unknown): AnyCell {
  const cell = plainCell('writeOnnx', model);
  if (isWritable(cell)) return cell;
  throw mismatch('writeOnnx', 'layers of equations that begin at zeros', whyNot(cell));
}

/** The operations of a cell's program. */
export const nodesOf = (cell: AnyCell) => cell[internals].engines?.model.graph.nodes ?? [];

function isWritable(cell: AnyCell): boolean {
  const { engines, initialState, why } = cell[internals];
  if (!engines || initialState !== undefined || why) return false;
  return nodesOf(cell).every(node => node.op !== 'sequence' || isEach(node));
}

/** What of a model no graph can be. */
function whyNot(cell: AnyCell): string {
  const { spec, initialState, why } = cell[internals];
  if (initialState !== undefined) return `${cell} with an initial state: a graph is given states`;
  if (spec.kind === 'function') return `the plain function ${cell}`;
  const odd = children(cell).find(member => !isMarker(member) && !isWritable(member));
  return odd ? whyNot(odd) : `${cell}${why ? `: ${why}` : ''}`;
}

/** True where each turn of a sequence has a state of its own, as a batch's columns have. */
const isEach = ({ body }: NodeOf<'sequence'>) =>
  body.nodes.every(node => node.op === 'port' || (node.op === 'loop' && node.each));
