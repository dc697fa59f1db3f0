import { InvalidArgumentError } from 'commander';
import { RecurError } from '../errors.js';
import { readObject } from '../io/json.js';
import type { StateDictModule } from '../io/torch-draft.js';

/** What `--modules` tells of the modules of a `state_dict`, as the option of `readStateDict`. */
export type Modules = Readonly<Record<string, StateDictModule>>;

export const modulesHelp = 'modules of a state_dict in their order (rnn.,head.), or JSON';

/** Names with commas between them, or JSON. */
export function modules(text: string): Modules {
  if (!text.trim().startsWith('{')) {
    const names = text.split(',').map(name => name.trim());
    const areNames = names.every((name, i) => name !== '' && names.indexOf(name) === i);
    if (areNames) return Object.fromEntries(names.map(name => [name, {}]));
    throw new InvalidArgumentError('Expected names with commas between them, each once.');
  }
  try {
    return readObject('--modules', text) as Modules;
  } catch (error) {
    if (error instanceof RecurError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** An order as `--modules` takes it, fit for a shell. */
export function modulesText(prefixes: readonly string[]): string {
  if (prefixes.every(prefix => /^[\w.-]+$/.test(prefix))) return prefixes.join(',');
  const json = JSON.stringify(Object.fromEntries(prefixes.map(prefix => [prefix, {}])));
  return `'${json.replaceAll("'", "'\\''")}'`;
}
