import { mismatch } from '../errors.js';
import { quoted } from './json.js';
import type { Draft } from './torch-draft.js';

/** Beyond these nothing is searched: modules that all have one size have too many orders. */
const limits = { modules: 64, tries: 5000 };

/** Modules in the order in which they run; throws a RecurError where several orders fit. */
export function inOrder(drafts: readonly Draft[], told: readonly string[]): readonly Draft[] {
  const unknown = told.find(prefix => !drafts.some(draft => draft.prefix === prefix));
  if (unknown !== undefined) {
    const known = drafts.map(({ prefix }) => quoted(prefix)).slice(0, 8);
    throw mismatch('readStateDict.modules', known.join(', '), quoted(unknown));
  }
  if (told.length === drafts.length) return told.map(prefix => find(drafts, prefix));
  const numbered = drafts.map(({ prefix }) => /^(.*?)(\d{1,6})\.$/s.exec(prefix));
  if (numbered.every(parts => parts !== null && parts[1] === numbered[0]?.[1])) {
    const number = ({ prefix }: Draft) => Number(/(\d+)\.$/.exec(prefix)?.[1]);
    return [...drafts].sort((a, b) => number(a) - number(b));
  }
  const found = ordersOf(drafts);
  if (found.length === 1) return found[0];
  const names = drafts.map(({ prefix }) => quoted(prefix)).slice(0, 8);
  const got = found.length ? 'several' : 'none';
  const hint = 'the option modules tells the order';
  throw mismatch('state_dict', `one order of ${names.join(', ')}`, got, hint);
}

function find(drafts: readonly Draft[], prefix: string): Draft {
  return drafts.find(draft => draft.prefix === prefix) as Draft;
}

/** Up to two orders in which each module takes what the one before gives. */
function ordersOf(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  if (drafts.length > limits.modules) return [[], []];
  const found: Draft[][] = [];
  const order: Draft[] = [];
  const left = new Set(drafts);
  let tries = 0;
  const extend = (): void => {
    if (found.length > 1 || ++tries > limits.tries) return;
    if (left.size === 0) {
      found.push([...order]);
      return;
    }
    const before = order[order.length - 1];
    for (const draft of [...left]) {
      if (before && before.outputSize !== draft.inputSize) continue;
      left.delete(draft);
      order.push(draft);
      extend();
      order.pop();
      left.add(draft);
    }
  };
  extend();
  return tries > limits.tries ? [[], []] : found;
}
