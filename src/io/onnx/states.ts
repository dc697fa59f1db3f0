import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import type { Dim, Flow, State, Value } from './flow.js';
import type { Graph, Node } from './graph.js';
import { loopBegins } from './loop-form.js';

/** Operators that move axes, or take a part: what a state passes on the way to its node. */
export const plumbing = new Set(
  ['Slice', 'Gather', 'Split', 'Squeeze', 'Unsqueeze', 'Transpose', 'Reshape'].concat([
    'Identity',
    'Cast',
    'Expand',
  ]),
);

/** The graph's input that a window of steps begins with, of which the last ones are an output. */
function contextOf(output: string, makers: ReadonlyMap<string, Node>): string | undefined {
  let maker = makers.get(output);
  while (maker?.operator === 'Identity') maker = makers.get(maker.inputs[0]);
  const source = maker?.operator === 'Slice' ? makers.get(maker.inputs[0]) : undefined;
  return source?.operator === 'Concat' && source.inputs.length === 2 ? source.inputs[0] : undefined;
}

/** The graph's inputs from which recurrent nodes and windows begin: states that are carried. */
export function stateInputs({ nodes, inputs, outputs }: Graph, set: number): Map<string, State> {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const found = new Set<string>();
  const seen = new Set<string>();
  const waiting = nodes.flatMap(node => {
    const { operator, inputs } = node;
    if (operator === 'Loop' || operator === 'Scan') return loopBegins(node, set);
    if (operator === 'LSTM') return [inputs[5], inputs[6]];
    return operator === 'GRU' || operator === 'RNN' ? [inputs[5]] : [];
  });
  for (const { name } of outputs) {
    const context = contextOf(name, makers);
    if (context !== undefined && !makers.has(context)) found.add(context);
  }
  for (const name of waiting) {
    if (!name || seen.has(name)) continue;
    seen.add(name);
    const maker: Node | undefined = makers.get(name);
    if (!maker) found.add(name);
    else if (plumbing.has(maker.operator)) waiting.push(maker.inputs[0]);
  }
  // A loop reads all of it: its steps.
  const steps = new Set(nodes.flatMap(({ captured }) => captured));
  return new Map(
    inputs.flatMap(({ name, dims }) => {
      if (!found.has(name) || steps.has(name)) return [];
      const known = dims?.map((dim): Dim => (typeof dim === 'number' && dim > 0 ? dim : '?'));
      return [[name, { kind: 'state', input: name, from: 0, dims: known }] as const];
    }),
  );
}

/** Problems of states that come out otherwise than they go in: carried, they would be mixed up. */
export function checkStates(
  outputs: readonly string[],
  values: ReadonlyMap<string, Value>,
): Problem[] {
  return outputs.flatMap(name => {
    const { finals = [] } = (values.get(name) ?? {}) as Partial<Flow>;
    const [first] = finals;
    const isKept = finals.every(({ carried }, i) => {
      return (
        carried?.input === first.carried?.input &&
        (carried?.from ?? 0) - (first.carried?.from ?? 0) === i
      );
    });
    if (isKept || finals.every(({ carried }) => !carried)) return [];
    const places = finals.map(({ carried }) => `${carried?.from ?? ''} ${carried?.input ?? ''}`);
    const why =
      new Set(places).size < places.length
        ? 'states interleaved in one tensor'
        : 'states that come out in another order than they go in';
    return [{ where: `output ${quoted(name)}`, why }];
  });
}
