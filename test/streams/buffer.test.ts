import { expect, test } from 'vitest';
import { copyValue, typedArrayName } from '../../src/streams/values.js';

test("a Buffer's bytes are copied, not shared", () => {
  const buffer = Buffer.from([1, 2, 3]);
  const copy = copyValue({ buffer }) as { buffer: Uint8Array };
  buffer[0] = 9;
  expect([...copy.buffer]).toEqual([1, 2, 3]);
});

test('a Buffer is known as the Uint8Array that it is', () => {
  expect(typedArrayName(Buffer.alloc(1))).toBe('Uint8Array');
});
