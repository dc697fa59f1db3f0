// Segments of a file log, read without the library: where their frames are.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c, padded } from '../records.mjs';

export const headBytes = 128;
const frameHead = 32;

const seedOf = (salt, position) => {
  const seed = Buffer.alloc(16);
  salt.copy(seed);
  seed.writeDoubleLE(position, 8);
  return crc32c(seed);
};

/** A frame as a writer would write it at a position. */
export function frameOf(payload, { salt, position }) {
  const bytes = Buffer.alloc(frameHead + padded(payload.length));
  payload.copy(bytes, frameHead);
  const seed = seedOf(salt, position);
  bytes.write('RXRF', 'latin1');
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(crc32c(bytes.subarray(frameHead), seed), 12);
  bytes.writeDoubleLE(Date.now(), 16);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 28), seed), 28);
  return bytes;
}

/** A segment, or a snapshot: its salt, its whole frames, and where the last of them ends. */
export function segmentIn(path) {
  const bytes = readFileSync(path);
  // A claim that broke off is none.
  const hasClaim =
    bytes.length >= headBytes && bytes.readUInt32LE(60) === crc32c(bytes.subarray(0, 60));
  const salt = hasClaim ? bytes.subarray(48, 56) : undefined;
  const frames = [];
  let at = headBytes;
  while (hasClaim && at + frameHead <= bytes.length) {
    const seed = seedOf(salt, at);
    if (bytes.readUInt32LE(at + 28) !== crc32c(bytes.subarray(at, at + 28), seed)) break;
    const end = at + frameHead + padded(bytes.readUInt32LE(at + 4));
    const payload = bytes.subarray(at + frameHead, end);
    if (end > bytes.length || bytes.readUInt32LE(at + 12) !== crc32c(payload, seed)) break;
    frames.push({ at, end });
    at = end;
  }
  return { path, salt, frames, end: hasClaim ? at : 0, size: bytes.length };
}

/** The names of the files of a chain, the oldest first. */
export function segmentsOf(folder) {
  const names = readdirSync(folder).filter(name => /^\d{10}\.log$/.test(name));
  return names.sort().map(name => join(folder, name));
}

export function snapshotsOf(folder) {
  const names = readdirSync(folder).filter(name => /^snapshot-\d{16}$/.test(name));
  return names.map(name => join(folder, name));
}
