import { shortestFloat32 } from '../arrays/shortest.js';
import { encode } from '../streams/encoding.js';
import type { DeadLetter, DurableOutput } from './event.js';

/** An output as JSON for other programs: `{ id, key, offset, y }`, which begins with its id. */
export function outputText({ id, key, offset, y }: DurableOutput): string {
  const [ownId, ownKey] = [id, key].map(text => JSON.stringify(text));
  return `{"id":${ownId},"key":${ownKey},"offset":${offset},"y":${jsonOf(y)}}`;
}

/** A dead letter as JSON: `{ id, key, offset, kind, reason }`. */
export function letterText({ id, kind, key, offset, reason }: DeadLetter): string {
  return JSON.stringify({ id, key, offset, kind, reason });
}

/** Vectors as arrays of numbers, of the fewest digits that give them back; all else as it is. */
function jsonOf(y: unknown): string {
  const isVector = y instanceof Float32Array && y.every(Number.isFinite);
  return isVector ? `[${Array.from(y, shortestFloat32).join()}]` : JSON.stringify(encode(y, 'y'));
}
