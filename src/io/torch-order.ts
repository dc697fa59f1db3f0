import { mismatch } from '../errors.js';
import { AmbiguousOrderError } from './ambiguous-order.js';
import { quoted } from './json.js';
import type { TorchModule } from './torch-draft.js';

/** Beyond these nothing is searched: modules that all have one size have too many orders. */
const limits = { modules: 64, tries: 5000, orders: 4 };

/** Modules one after another. */
type Order = readonly TorchModule[];

export interface FoundOrder {
  readonly order: Order;
  /** True where other orders fit as well. */
  readonly assumed: boolean;
}

/**
 * Modules in the order in which they run: as told, in that of their numbers, in the only one in
 * which their sizes fit, or the only one of those in which no `Linear` comes before a recurrent
 * layer. Throws a RecurError where no order fits, or several do.
 */
export function inOrder(drafts: Order, told: readonly string[]): FoundOrder {
  const unknown = told.find(prefix => !drafts.some(draft => draft.prefix === prefix));
  if (unknown !== undefined) {
    throw mismatch('readStateDict.modules', listed(drafts), quoted(unknown));
  }
  const known = told.length === drafts.length ? told.map(p => find(drafts, p)) : numbered(drafts);
  if (known) return { order: known, assumed: false };
  const any = search(drafts, false);
  if (any.complete && any.orders.length === 1) return { order: any.orders[0], assumed: false };
  if (any.complete && any.orders.length === 0) throw noOrder(drafts);
  const likely = search(drafts, true);
  // The file's own order speaks against it where layers stand on both sides of a recurrent one.
  const candidates = isBetween(drafts) ? [...likely.orders, drafts] : likely.orders;
  if (likely.complete && likely.orders.length === 1 && candidates.length === 1) {
    return { order: likely.orders[0], assumed: true };
  }
  const orders = candidates.length ? candidates : any.orders;
  throw new AmbiguousOrderError(prefixesOf(drafts), orders.map(prefixesOf));
}

/** The order of a `Sequential`: `net.0.`, `net.1.`, … */
function numbered(drafts: Order): Order | undefined {
  const parts = drafts.map(({ prefix }) => /^(.*?)(\d{1,6})\.$/s.exec(prefix));
  if (!parts.every(part => part !== null && part[1] === parts[0]?.[1])) return undefined;
  const number = ({ prefix }: TorchModule) => Number(/(\d+)\.$/.exec(prefix)?.[1]);
  return [...drafts].sort((a, b) => number(a) - number(b));
}

/** Orders, up to some, in which each module takes what the one before gives. */
function search(drafts: Order, recurrentFirst: boolean) {
  const orders: Order[] = [];
  const order: TorchModule[] = [];
  const left = new Set(drafts);
  let tries = 0;
  const extend = (hasLinear: boolean): void => {
    if (orders.length === limits.orders || ++tries > limits.tries) return;
    if (left.size === 0) orders.push([...order]);
    for (const draft of [...left]) {
      if (!follows(order[order.length - 1], draft)) continue;
      if (recurrentFirst && hasLinear && draft.kind === 'recurrent') continue;
      left.delete(draft);
      order.push(draft);
      extend(hasLinear || draft.kind === 'Linear');
      order.pop();
      left.add(draft);
    }
  };
  if (drafts.length <= limits.modules) extend(false);
  return { orders, complete: drafts.length <= limits.modules && tries <= limits.tries };
}

/** True if a module can come after another, or first. */
function follows(before: TorchModule | undefined, { kind, inputSize }: TorchModule): boolean {
  if (!before) return true;
  // Indices are no module's outputs.
  return kind !== 'Embedding' && before.outputSize === inputSize;
}

/** True for an order that fits, with a recurrent layer between two `Linear`. */
function isBetween(order: Order): boolean {
  const fits = order.every((draft, i) => follows(order[i - 1], draft));
  const kinds = order.map(({ kind }) => kind);
  const [first, last] = [kinds.indexOf('Linear'), kinds.lastIndexOf('Linear')];
  return fits && first >= 0 && kinds.slice(first, last).includes('recurrent');
}

function noOrder(drafts: Order) {
  const sizes = drafts
    .slice(0, 8)
    .map(({ prefix, inputSize, outputSize }) => `${quoted(prefix)} ${inputSize} → ${outputSize}`);
  const remedy = 'fromStateDict takes a model that joins them otherwise';
  const hint = `sizes are ${sizes.join(', ')}; ${remedy}`;
  return mismatch('state_dict', `one order of ${listed(drafts)}`, 'none', hint);
}

function prefixesOf(order: Order): readonly string[] {
  return order.map(({ prefix }) => prefix);
}

function listed(drafts: Order): string {
  return prefixesOf(drafts).slice(0, 8).map(quoted).join(', ');
}

function find(drafts: Order, prefix: string): TorchModule {
  return drafts.find(draft => draft.prefix === prefix) as TorchModule;
}
