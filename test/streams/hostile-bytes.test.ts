import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecurError, snapshotFromBytes } from '../../src/index.js';
import { sameBits } from '../laws/bits.js';
import { law } from '../laws/law.js';
import { running } from './running.js';

// Bytes that a stranger's file may hold: refused with a RecurError, nothing changed.

const bytes = running().snapshot().toBytes();

test('cut short anywhere are refused', () => {
  for (let length = 0; length < bytes.length; length++) {
    expect(() => snapshotFromBytes(bytes.slice(0, length))).toThrow(RecurError);
  }
});

test('with more behind them are refused', () => {
  const longer = new Uint8Array([...bytes, 0]);
  expect(() => snapshotFromBytes(longer)).toThrow(RecurError);
});

test('that are something else are refused', () => {
  const encode = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
  const others = [
    'text',
    undefined,
    [...bytes],
    new Uint8Array(0),
    new Uint8Array(1e5),
    Uint8Array.of(0xff, 0xfe),
    encode(null),
    encode(5),
    encode([]),
    encode({ format: 'safetensors' }),
    encode({ format: 'rxrecur/state' }),
  ];
  for (const other of others) {
    expect(() => snapshotFromBytes(other as Uint8Array)).toThrow(RecurError);
  }
});

law(
  'with any byte changed are a snapshot still, or refused with a RecurError',
  [fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })],
  (at, flip) => {
    const damaged = bytes.slice();
    damaged[at] ^= flip;
    const m = running();
    const { state } = m;
    try {
      m.restore(snapshotFromBytes(damaged));
    } catch (error) {
      expect(error).toBeInstanceOf(RecurError);
      sameBits(m.state, state);
      return;
    }
    for (const array of Object.values(m.state[0])) expect(array).toHaveLength(2);
  },
);

law('at random are refused with a RecurError', [fc.uint8Array({ maxLength: 200 })], random => {
  expect(() => snapshotFromBytes(random)).toThrow(RecurError);
});
