import { checkNames, demand } from '../../errors.js';
import { parseJson, textOfBytes } from '../json.js';
import type { KerasOptions } from './draft.js';

/** Characters of a config, whose weights are elsewhere; of some thousand layers. */
const longestJson = 2 ** 20;

/** A model's config, out of text or its bytes. */
export function parseModelJson(where: string, given: string | Uint8Array): unknown {
  const length = typeof given === 'string' ? given.length : given.byteLength;
  const expected = `at most ${longestJson} characters`;
  demand(length <= longestJson, where, expected, length);
  return parseJson(where, typeof given === 'string' ? given : textOfBytes(where, given));
}

/** Refuses options that no reader of Keras's models has. */
export function checkOptions(where: string, options: KerasOptions): void {
  checkNames(where, options, ['masking']);
  const { masking = 'refuse' } = options;
  const known = masking === 'refuse' || masking === 'ignore';
  demand(known, `${where}.masking`, "'refuse' or 'ignore'", masking);
}
