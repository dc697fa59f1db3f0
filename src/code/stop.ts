import type { NodeOf } from '../graph/graph.js';
import { copied } from './copies.js';
import type { NodePlan, Operator, RowPlaces } from './plans.js';

/**
 * Its input, unchanged: a view, for which nothing runs. It is copied where it is a graph's
 * answer, and on the portable backend.
 */
export const stop: Operator = {
  code: (e, { node }: NodePlan<NodeOf<'stop'>>, { inputs: [source], output }: RowPlaces) =>
    copied(e, source, output, node.size),
  run:
    (_, { size }: NodeOf<'stop'>) =>
    (memory, _, [from], _now, _next, y) => {
      memory.copyWithin(y, from, from + size);
      return 0;
    },
};
