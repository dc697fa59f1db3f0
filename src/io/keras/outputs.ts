import type { Member } from '../../streams/members.js';
import { gatherCell, rowOf } from './cells.js';
import { checkNames } from './inputs.js';
import type { Flow, LayerContext } from './layer.js';

/** Outputs come one after another in one vector: they need the same steps. */
export function checkOutputs(outputs: readonly Flow[], { refuse }: LayerContext): void {
  const [{ sequence, steps }] = outputs;
  if (outputs.some(({ reversed }) => reversed)) refuse('an output of steps in reverse');
  if (outputs.some(flow => flow.sequence !== sequence)) {
    refuse('outputs of which only some have an axis of time');
  }
  if (outputs.some(({ outer }) => outer)) refuse('an output of four axes');
  if (outputs.some(flow => flow.steps !== steps)) refuse('outputs of different lengths');
}

/** A row that answers several outputs by name; of a window, all steps of each. */
export function named(
  row: readonly Member[],
  names: readonly string[],
  flows: readonly Flow[],
  context: LayerContext,
): readonly Member[] {
  if (flows.length < 2) return row;
  checkNames('an output', names, context);
  const total = flows.reduce((sum, { size }) => sum + size, 0);
  const all = rowOf(row).outputSize ?? total;
  let begin = 0;
  const outputs = flows.map(({ size }, i) => {
    const runs = Array.from({ length: all / total }, (_, t) => [0, t * total + begin, 1, size]);
    begin += size;
    return [names[i], runs] as const;
  });
  return [...row, gatherCell([['x', all]], outputs)];
}
