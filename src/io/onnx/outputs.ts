import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import { attemptTo } from './assemble.js';
import type { Attempt, Setting } from './attempt.js';
import { ensure, type Final, numberOf } from './flow.js';
import { checkContext, checkStates } from './states.js';
import type { Tensor } from './whole-program.js';

/** What of a setting says which outputs there are. */
type Asked = Pick<Setting, 'graph' | 'states'>;

/** The outputs that are no states; if all are, the first one. */
export function candidatesOf({ graph, states }: Asked, found: Attempt) {
  const tensors = graph.outputs.flatMap(({ name }) => {
    const tensor = found.values.get(name);
    return tensor?.kind === 'tensor' ? { name, tensor } : [];
  });
  const own = tensors.filter(({ name, tensor }) => {
    return !finalsOf(tensor, found) && !states.contexts.some(({ output }) => output === name);
  });
  return own.length ? own : tensors.slice(0, 1);
}

/** Which states a tensor is the last value of, in order; undefined if it is something else. */
function finalsOf({ ids }: Tensor, { network }: Attempt): readonly Final[] | undefined {
  const finals = new Set<Final | undefined>();
  for (const id of ids.values()) finals.add(id ? network.layerOf(numberOf(id)).final : undefined);
  return finals.has(undefined) ? undefined : ([...finals] as Final[]);
}

/** The signals of the output that is no state. */
export function outputOf(
  setting: Asked,
  found: Attempt,
  output: string | undefined,
): { reads?: readonly number[] | undefined; wrong: Problem[] } {
  const { outputs } = setting.graph;
  const { values, network } = found;
  const wrong = statesWrong(setting, found);
  const own = candidatesOf(setting, found);
  const named = outputs.flatMap(({ name }) => {
    const tensor = name === output && values.get(name);
    return tensor && tensor.kind === 'tensor' ? { name, tensor } : [];
  });
  const chosen = output === undefined ? own : named;
  if (chosen.length === 1) {
    const [{ name, tensor }] = chosen;
    const where = `output ${quoted(name)}`;
    let reads: readonly number[] | undefined;
    attemptTo(wrong, where, () => {
      ensure(!tensor.isWhole, 'numbers that were cast to integers');
      const { numbers, pad, steps } = found.flowOf(tensor);
      ensure(!pad, 'padded steps');
      reads = network.reads(where, numbers, steps);
    });
    return { reads, wrong };
  }
  const names = own.map(({ name }) => quoted(name)).join(', ') || 'none';
  // Where nodes could not be read, that there is no output says nothing new.
  if (
    chosen.length > 1 ||
    output !== undefined ||
    outputs.every(({ name }) => values.get(name)?.kind !== 'unknown')
  ) {
    const why = `${chosen.length} outputs beside states (${names}), not one: see the option output`;
    wrong.push({ where: 'graph', why });
  }
  return { wrong };
}

/** Outputs that are states, and come out otherwise than they go in. */
function statesWrong({ graph, states }: Asked, found: Attempt): Problem[] {
  const wrong: Problem[] = [];
  for (const { name } of graph.outputs) {
    const tensor = found.values.get(name);
    if (tensor?.kind !== 'tensor') continue;
    wrong.push(...checkStates(name, finalsOf(tensor, found) ?? []));
    const context = states.contexts.find(({ output }) => output === name);
    const window = context && found.values.get(context.window);
    if (window?.kind !== 'tensor') continue;
    attemptTo(wrong, `output ${quoted(name)}`, () => checkContext(tensor, window));
  }
  return wrong;
}
