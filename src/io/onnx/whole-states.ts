import { quoted } from '../json.js';
import { ensure } from './unfit.js';
import type { ElementwisePart, Expression } from './whole-elementwise.js';
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
}

interface Output {
  readonly name: string;
  readonly tensor: Tensor;
}

/** Places of an output at which it is looked at. */
const samples = 32;

/** How far back numbers are followed. */
const farthest = 64;

const mostAncestors = 4096;

/**
 * Which inputs are states, and which outputs the next ones: by what happens to the numbers. `said`
 * are pairs that the caller names.
 */
export function statePairs(
  program: Program,
  outputs: readonly Output[],
  used: readonly string[],
  said: Readonly<Record<string, string>> = {},
): StatePair[] {
  const pairs: StatePair[] = Object.entries(said).map(([input, output]) => {
    const own = program.inputs.find(({ name }) => name === input);
    const made = outputs.find(({ name }) => name === output);
    const known = (names: readonly { readonly name: string }[]) =>
      names.map(({ name }) => quoted(name)).join(', ');
    ensure(own, `states ${quoted(input)}, which is none of the inputs ${known(program.inputs)}`);
    ensure(made, `states ${quoted(output)}, which is none of the outputs ${known(outputs)}`);
    const fits = String(own.dims) === String(made.tensor.ids.dims);
    ensure(fits, `states of shapes [${own.dims}] and [${made.tensor.ids.dims}]`);
    return { input, output, by: 'said' };
  });
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
    ensure(rivals.length === 0 || named.length === 1, uncertain([found, ...rivals]));
    const chosen = rivals.length ? named[0] : found;
    // One input at least is no state.
    const isLast = pairs.length + 1 === inputs.length && chosen.rank >= gated;
    if (isLast && Object.keys(said).length === 0) continue;
    pairs.push(chosen);
  }
  return pairs;
}

function uncertain(candidates: readonly StatePair[]): string {
  const texts = candidates.map(({ input, output }) => `{ ${quoted(input)}: ${quoted(output)} }`);
  return `states that may be ${texts.join(' or ')}: see the option states`;
}

/** From here on a pair may be of an input that is no state. */
const gated = 100;

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
  const pair = { input: input.name, output: name };
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
  if (joinedWith(parts, ids, isOf)) return { ...pair, by: 'it stands beside it', rank: gated / 2 };
  const depth = summedWith(program, ids[0], isOf);
  if (depth) return { ...pair, by: 'its products are added to others', rank: gated + farthest + depth };
  if (!areAlike(input.name, name)) return undefined;
  return { ...pair, by: 'their names', rank: 2 * gated };
}

/** A number that another one is made of, element by element. */
interface Ancestor {
  readonly part: Part;
  readonly links: readonly number[];
  readonly depth: number;
}

/** What a number is made of, the nearest first. */
function* ancestors(program: Program, id: number): Generator<Ancestor> {
  const seen = new Set([id]);
  let ids = [id];
  for (let depth = 1; ids.length && depth <= farthest && seen.size < mostAncestors; depth++) {
    const next: number[] = [];
    for (const own of ids) {
      const { part, at } = program.partOf(own);
      const links = part?.links?.[at];
      if (!part || !links?.length) continue;
      yield { part, links, depth };
      for (const link of links) {
        if (!seen.has(link)) next.push(link);
        seen.add(link);
      }
    }
    ids = next;
  }
}

/**
 * How far a number is from a state that it is the next value of; undefined if it is none. Recurrent
 * nodes are nearer than a sum of which one term is the state, times something.
 */
function following(
  program: Program,
  id: number,
  isOf: (id: number) => boolean,
): number | undefined {
  const known = new Map<number, Reach>();
  for (const { part, links, depth } of ancestors(program, id)) {
    if (!('expression' in part)) {
      if (links.some(isOf)) return depth;
      continue;
    }
    const reaches = links.map(link => linked(program, link, isOf, known));
    if (isUpdate((part as ElementwisePart).expression, reaches)) return gated + depth;
  }
  return undefined;
}

/** How a number is made of a state: not at all, as it is, or times something. */
type Reach = 'none' | 'plain' | 'scaled';

function linked(
  program: Program,
  id: number,
  isOf: (id: number) => boolean,
  known: Map<number, Reach>,
): Reach {
  if (isOf(id)) return 'plain';
  const before = known.get(id);
  if (before || known.size > mostAncestors) return before ?? 'none';
  known.set(id, 'none');
  const { part, at } = program.partOf(id);
  const links = part?.links?.[at];
  if (!part || !links || !('expression' in part)) return 'none';
  const reaches = links.map(link => linked(program, link, isOf, known));
  const reach = reachOf((part as ElementwisePart).expression, reaches);
  known.set(id, reach);
  return reach;
}

function reachOf(expression: Expression, operands: readonly Reach[]): Reach {
  if (expression.op === 'operand') return operands[expression.index];
  if (expression.op === 'apply') return reachOf(expression.of, operands);
  if (!('left' in expression)) return 'none';
  const both = [expression.left, expression.right].map(e => reachOf(e, operands));
  const found = both.filter(reach => reach !== 'none');
  if (found.length === 0) return 'none';
  return expression.op === '*' || found.includes('scaled') ? 'scaled' : 'plain';
}

/** True for a sum of which one term is a state times something, and the other one is not. */
function isUpdate(expression: Expression, operands: readonly Reach[]): boolean {
  if (expression.op === 'apply') return isUpdate(expression.of, operands);
  if (!('left' in expression)) return false;
  if (expression.op === '*') {
    return [expression.left, expression.right].some(e => isUpdate(e, operands));
  }
  const both = [expression.left, expression.right].map(e => reachOf(e, operands));
  const own = both.filter(reach => reach !== 'none');
  return own.length === 1 && own[0] === 'scaled';
}

/** True if what follows a state is read beside it: steps before a kernel of two steps. */
function joinedWith(
  parts: readonly Part[],
  ids: Float64Array,
  isOf: (id: number) => boolean,
): boolean {
  const next = new Set(ids);
  for (const part of parts) {
    let [states, news] = [0, 0];
    for (const id of part.reads) {
      if (isOf(id)) states++;
      else if (next.has(id)) news++;
    }
    if (states && news) return true;
  }
  return false;
}

/**
 * How far back a number is computed, element by element, of a sum W x + U h, in which h is the
 * state; undefined if it is not.
 */
function summedWith(
  program: Program,
  id: number,
  isOf: (id: number) => boolean,
): number | undefined {
  for (const { part, links, depth } of ancestors(program, id)) {
    if (!('expression' in part)) continue;
    const products = links.flatMap(link => {
      const { part: source } = program.partOf(link);
      return source && !source.links ? [source.reads] : [];
    });
    const own = products.filter(reads => reads.every(read => read === 0 || isOf(read)));
    if (own.length && products.length > own.length) return depth;
  }
  return undefined;
}

/** True for names that differ by what tells the next state from the one before. */
export function areAlike(input: string, output: string): boolean {
  const words = ['in', 'out', 'next', 'new', 'prev', 'previous', 'init', 'initial', 'final', 'last'];
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
