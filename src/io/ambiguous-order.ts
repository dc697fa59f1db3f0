import { RecurError } from '../errors.js';
import { quoted } from './json.js';

/**
 * A PyTorch `state_dict` whose modules could run in several orders: the error of `readStateDict`.
 * `orders` has some of them, or all, as the option `modules` tells one: what the names of each
 * module's tensors begin with.
 */
export class AmbiguousOrderError extends RecurError {
  readonly orders: readonly (readonly string[])[];

  constructor(prefixes: readonly string[], orders: readonly (readonly string[])[]) {
    const options = orders.slice(0, mostShown).map(order => {
      return `{ ${order.map(prefix => `${quoted(prefix)}: {}`).join(', ')} }`;
    });
    const more = orders.length > mostShown ? ', …' : '';
    const shown = options.length ? `: ${options.join(' or ')}` : '';
    super({
      where: 'state_dict',
      expected: `one order of ${prefixes.slice(0, 8).map(quoted).join(', ')}`,
      got: 'several',
      hint: `the option modules tells the order${shown}${more}`,
    });
    this.orders = orders;
  }
}

const mostShown = 3;
