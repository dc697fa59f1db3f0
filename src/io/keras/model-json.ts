import { checkNames, demand, mismatch } from '../../errors.js';
import { parseJson } from '../json.js';
import type { KerasOptions } from './model.js';

/** Characters of a config, whose weights are elsewhere; of some thousand layers. */
const longestJson = 2 ** 20;

/** A model's config, out of text or its bytes. */
export function parseModelJson(where: string, given: string | Uint8Array): unknown {
  const length = typeof given === 'string' ? given.length : given.byteLength;
  const expected = `at most ${longestJson} characters`;
  demand(length <= longestJson, where, expected, length);
  return parseJson(where, typeof given === 'string' ? given : textOf(where, given));
}

function textOf(where: string, bytes: Uint8Array): string {
  try {
    // A copy: browsers decode no memory that threads share.
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    throw mismatch(where, 'text in UTF-8', 'other bytes');
  }
}

/** Refuses options that no reader of Keras's models has. */
export function checkOptions(where: string, options: KerasOptions): void {
  checkNames(where, options, ['masking']);
  const { masking = 'refuse' } = options;
  const known = masking === 'refuse' || masking === 'ignore';
  demand(known, `${where}.masking`, "'refuse' or 'ignore'", masking);
}
