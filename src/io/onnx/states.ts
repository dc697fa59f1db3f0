import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import { ensure, type Final } from './flow.js';
import type { Graph, Node } from './graph.js';
import { loopBegins } from './loop-form.js';
import type { Tensor } from './whole-program.js';

/** Operators that move axes, or take a part: what a state passes on the way to its node. */
const plumbing = new Set(
  ['Slice', 'Gather', 'Split', 'Squeeze', 'Unsqueeze', 'Transpose', 'Reshape'].concat([
    'Identity',
    'Cast',
    'Expand',
  ]),
);

/** A state that a window of steps begins with: the window, and what it is next, the last ones. */
export interface Context {
  readonly input: string;
  readonly window: string;
  readonly output: string;
}

function contextOf(output: string, makers: ReadonlyMap<string, Node>): Context | undefined {
  let maker = makers.get(output);
  while (maker?.operator === 'Identity') maker = makers.get(maker.inputs[0]);
  const window = maker?.operator === 'Slice' ? maker.inputs[0] : '';
  const source = makers.get(window);
  const isJoined = source?.operator === 'Concat' && source.inputs.length === 2;
  return isJoined ? { input: source.inputs[0], window, output } : undefined;
}

/** Graph inputs from which recurrent nodes and windows begin: states that are carried. */
export interface States {
  readonly sizes: ReadonlyMap<string, readonly number[]>;
  readonly contexts: readonly Context[];
}

export function stateInputs({ nodes, inputs, outputs }: Graph, set: number): States {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node] as const)));
  const given = new Set(inputs.map(({ name }) => name));
  const contexts = outputs.flatMap(({ name }) => {
    const context = contextOf(name, makers);
    return context && given.has(context.input) ? context : [];
  });
  const found = new Set(contexts.map(({ input }) => input));
  const seen = new Set<string>();
  const waiting = nodes.flatMap(node => {
    const { operator, inputs } = node;
    if (operator === 'Loop' || operator === 'Scan') return loopBegins(node, set);
    if (operator === 'LSTM') return [inputs[5], inputs[6]];
    return operator === 'GRU' || operator === 'RNN' ? [inputs[5]] : [];
  });
  for (const name of waiting) {
    if (!name || seen.has(name)) continue;
    seen.add(name);
    const maker: Node | undefined = makers.get(name);
    if (!maker) found.add(name);
    else if (plumbing.has(maker.operator)) waiting.push(maker.inputs[0]);
  }
  // A loop reads its sequences by their names.
  for (const { captured } of nodes) for (const name of captured) found.delete(name);
  // A size that is not known is that of the batch.
  const sizes = inputs.flatMap(({ name, dims }) => {
    const known = dims?.map(dim => (typeof dim === 'number' && dim > 0 ? dim : 1));
    return found.has(name) ? [[name, known ?? []] as const] : [];
  });
  return { sizes: new Map(sizes), contexts };
}

/** Checks that what a state is next are the last steps of the window that it begins. */
export function checkContext({ ids }: Tensor, window: Tensor): void {
  const [own, all] = [ids, window.ids].map(constant => constant.values());
  const from = all.length - own.length;
  ensure(
    own.every((id, i) => id === all[from + i]),
    'steps of a window with a state',
  );
}

/** A problem of states that come out otherwise than they go in: carried, they would be mixed up. */
export function checkStates(name: string, finals: readonly Final[]): Problem[] {
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
}
