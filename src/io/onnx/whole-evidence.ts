import type { ElementwisePart, Expression } from './whole-elementwise.js';
import type { Part, Program } from './whole-program.js';

/** How far back numbers are followed. */
export const farthest = 64;

const mostAncestors = 4096;

/** From here on a pair may be of an input that is no state. */
export const gated = 100;

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
      const links = part?.links?.(at);
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
export function following(
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
  const links = part?.links?.(at);
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
export function joinedWith(
  parts: readonly Part[],
  ids: Float64Array,
  isOf: (id: number) => boolean,
): boolean {
  const next = new Set(ids);
  for (const part of parts) {
    // What is added or multiplied stands at the same place, not beside it.
    if ('expression' in part) continue;
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
export function summedWith(
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
