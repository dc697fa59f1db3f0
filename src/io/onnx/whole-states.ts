import { quoted } from '../json.js';
import { ensure } from './unfit.js';
import { farthest, following, gated, joinedWith, summedWith } from './whole-evidence.js';
import type { Part, Program, Tensor } from './whole-program.js';

/** An input that holds a state, and the output that holds the next one. */
export interface StatePair {
  readonly input: string;
  readonly output: string;
  /** How it is known. */
  readonly by: string;
}

/** What may be a pair: the lower its rank, the surer. */
interface Candidate extends StatePair {
  readonly rank: number;
  /** The output's numbers. */
  readonly ids: Float64Array;
}

interface Output {
  readonly name: string;
  readonly tensor: Tensor;
}

/** Places of an output at which it is looked at. */
const samples = 32;

/**
 * Which inputs are states, and which outputs the next ones: by what happens to the numbers, or as
 * the caller has `said`.
 */
export function statePairs(
  program: Program,
  outputs: readonly Output[],
  used: readonly string[],
  said?: Readonly<Record<string, string>>,
): StatePair[] {
  if (said) return saidPairs(program, outputs, said);
  const pairs: StatePair[] = [];
  const isLeft = (input: string, output: string) =>
    !pairs.some(pair => pair.input === input || pair.output === output);
  const inputs = program.inputs.filter(({ name }) => used.includes(name));
  const parts = [
    ...program.needed(outputs.map(({ tensor }) => tensor.ids.values() as Float64Array)).values(),
  ];
  const all = inputs
    .flatMap(input => outputs.map(output => candidate({ program, parts }, input, output)))
    .filter((found): found is Candidate => found !== undefined)
    .sort((a, b) => a.rank - b.rank);
  for (const found of all) {
    if (!isLeft(found.input, found.output)) continue;
    const rivals = all.filter(
      other =>
        other !== found &&
        other.rank === found.rank &&
        isLeft(other.input, other.output) &&
        (other.input === found.input || other.output === found.output),
    );
    const named = [found, ...rivals].filter(({ input, output }) => areAlike(input, output));
    const isSure = named.length === 1 || rivals.every(other => areSame(found, other));
    ensure(isSure, uncertain([found, ...rivals]));
    const chosen = rivals.length ? (named[0] ?? found) : found;
    // One input at least is no state.
    const isLast = pairs.length + 1 === inputs.length;
    if (isLast) continue;
    // If no output were left, a sum with an input in it may be just that.
    const { input, output, by, rank } = chosen;
    const isOnlyOutput = pairs.length + 1 === outputs.length;
    ensure(rank < gated || !isOnlyOutput || areAlike(input, output), uncertain([chosen]));
    pairs.push({ input, output, by });
  }
  return pairs;
}

/** The pairs that the caller names. */
function saidPairs(
  { inputs }: Program,
  outputs: readonly Output[],
  said: Readonly<Record<string, string>>,
): StatePair[] {
  return Object.entries(said).map(([input, output]) => {
    const own = inputs.find(({ name }) => name === input);
    const made = outputs.find(({ name }) => name === output);
    const known = (names: readonly { readonly name: string }[]) =>
      names.map(({ name }) => quoted(name)).join(', ');
    ensure(own, `states ${quoted(input)}, which is none of the inputs ${known(inputs)}`);
    ensure(made, `states ${quoted(output)}, which is none of the outputs ${known(outputs)}`);
    const fits = String(own.dims) === String(made.tensor.ids.dims);
    ensure(fits, `states of shapes [${own.dims}] and [${made.tensor.ids.dims}]`);
    return { input, output, by: 'said' };
  });
}

/** True where it makes no difference: one output has the numbers of the other one. */
function areSame(a: Candidate, b: Candidate): boolean {
  return a.input === b.input && a.ids.every((id, i) => id === b.ids[i]);
}

function uncertain(candidates: readonly StatePair[]): string {
  const texts = candidates.map(({ input, output }) => `{ ${quoted(input)}: ${quoted(output)} }`);
  return `states that may be ${texts.join(' or ')}: see the option states`;
}

interface Flows {
  readonly program: Program;
  /** All that the outputs need. */
  readonly parts: readonly Part[];
}

function candidate(
  { program, parts }: Flows,
  input: Program['inputs'][number],
  { name, tensor }: Output,
): Candidate | undefined {
  const { dims } = tensor.ids;
  if (String(dims) !== String(input.dims)) return undefined;
  const ids = tensor.ids.values() as Float64Array;
  const end = input.base + ids.length;
  const isOf = (id: number) => id >= input.base && id < end;
  const pair = { input: input.name, output: name, ids };
  const own = ids.reduce((sum, id) => sum + Number(isOf(id)), 0);
  const isSame = ids.every((id, i) => id === input.base + i);
  if (own > 0 && !isSame) return { ...pair, by: 'its numbers move on', rank: 0 };
  const step = Math.max(1, Math.floor(ids.length / samples));
  let best: Candidate | undefined;
  for (let i = 0; i < ids.length; i += step) {
    const found = following(program, ids[i], isOf);
    if (found === undefined || (best && best.rank <= found)) continue;
    const by = found < gated ? 'it begins a recurrent node' : 'it is a part of its next value';
    best = { ...pair, by, rank: found };
  }
  if (best) return best;
  if (joinedWith(parts, ids, isOf))
    return { ...pair, by: 'it stands beside it', rank: gated + 3 * farthest };
  const depth = summedWith(program, ids[0], isOf);
  if (depth)
    return { ...pair, by: 'its products are added to others', rank: gated + farthest + depth };
  if (!areAlike(input.name, name)) return undefined;
  return { ...pair, by: 'their names', rank: 4 * gated };
}

/** True for names that differ by what tells the next state from the one before. */
export function areAlike(input: string, output: string): boolean {
  const words = [
    'in',
    'out',
    'next',
    'new',
    'prev',
    'previous',
    'init',
    'initial',
    'final',
    'last',
  ];
  const more = ['cur', 'current', 'output', 'input', 'n', 'i', 'o', 't', '0', '1'];
  const plain = (name: string) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/([a-zA-Z])([0-9])/g, '$1_$2')
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter(word => word && !words.includes(word) && !more.includes(word))
      .join('_');
  return plain(input) !== '' && plain(input) === plain(output);
}
