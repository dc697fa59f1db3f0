import { crc32c } from './crc.js';
import { padded } from './event-bytes.js';

/** A place between two frames: how far a chain goes, and the number and time of its last record. */
export interface Place {
  /** The segment; 0: before all of them. */
  readonly epoch: number;
  readonly bytes: number;
  readonly revision: number;
  readonly time: number;
}

/** The head of a segment: the place in older ones after which it goes on. */
export interface Claim {
  readonly epoch: number;
  readonly base: Place;
  /** Random bytes: no frame of another file passes for one of this. */
  readonly salt: Uint8Array;
}

/** What stands before a frame's payload. */
export interface FrameHead {
  readonly length: number;
  readonly count: number;
  readonly crc: number;
  readonly time: number;
  /** Of the whole frame, padding included. */
  readonly size: number;
}

export const origin: Place = { epoch: 0, bytes: 0, revision: 0, time: 0 };

const claimMagic = 0x53525852; // RXRS
export const frameMagic = Uint8Array.of(0x52, 0x58, 0x52, 0x46); // RXRF
const magicNumber = 0x46525852;
const version = 1;
const claimBytes = 64;
/** The claim stands there twice, so that one damaged block does not hide it. */
export const headBytes = 2 * claimBytes;
export const frameHeadBytes = 32;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export function encodeClaim({ epoch, base, salt }: Claim): Uint8Array {
  const bytes = new Uint8Array(headBytes);
  const view = viewOf(bytes);
  view.setUint32(0, claimMagic, true);
  view.setUint32(4, version, true);
  [epoch, base.epoch, base.bytes, base.revision, base.time].forEach((number, i) => {
    view.setFloat64(8 + 8 * i, number, true);
  });
  bytes.set(salt, 48);
  view.setUint32(60, crc32c(bytes.subarray(0, 60)), true);
  bytes.copyWithin(claimBytes, 0, claimBytes);
  return bytes;
}

/** The claim in the first bytes of a segment; undefined: none is whole. A number: its version. */
export function decodeClaim(bytes: Uint8Array): Claim | number | undefined {
  for (let at = 0; at + claimBytes <= bytes.length; at += claimBytes) {
    const copy = bytes.subarray(at, at + claimBytes);
    const view = viewOf(copy);
    if (view.getUint32(0, true) !== claimMagic) continue;
    if (view.getUint32(60, true) !== crc32c(copy.subarray(0, 60))) continue;
    if (view.getUint32(4, true) !== version) return view.getUint32(4, true);
    const [epoch, of, end, revision, time] = [8, 16, 24, 32, 40].map(i => view.getFloat64(i, true));
    return { epoch, base: { epoch: of, bytes: end, revision, time }, salt: copy.slice(48, 56) };
  }
  return undefined;
}

/** What every CRC of a frame begins with: the file, and the place in it. */
function seedOf(salt: Uint8Array, position: number): number {
  const seed = new Uint8Array(16);
  seed.set(salt);
  viewOf(seed).setFloat64(8, position, true);
  return crc32c(seed);
}

/** A frame that is to stand at a position of a segment. */
export function encodeFrame(
  parts: readonly Uint8Array[],
  {
    count,
    time,
    salt,
    position,
  }: Pick<FrameHead, 'count' | 'time'> & {
    readonly salt: Uint8Array;
    readonly position: number;
  },
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(frameHeadBytes + padded(length));
  let at = frameHeadBytes;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const seed = seedOf(salt, position);
  const view = viewOf(bytes);
  view.setUint32(0, magicNumber, true);
  view.setUint32(4, length, true);
  view.setUint32(8, count, true);
  view.setUint32(12, crc32c(bytes.subarray(frameHeadBytes), seed), true);
  view.setFloat64(16, time, true);
  view.setUint32(28, crc32c(bytes.subarray(0, 28), seed), true);
  return bytes;
}

/** The head of a frame at `at` in bytes of a file, where it stands at `position`. */
export function decodeHead(
  bytes: Uint8Array,
  at: number,
  salt: Uint8Array,
  position: number,
): FrameHead | undefined {
  if (at + frameHeadBytes > bytes.length) return undefined;
  const head = bytes.subarray(at, at + frameHeadBytes);
  const view = viewOf(head);
  if (view.getUint32(0, true) !== magicNumber) return undefined;
  const crc = crc32c(head.subarray(0, 28), seedOf(salt, position));
  if (view.getUint32(28, true) !== crc) return undefined;
  const [length, count, payload] = [4, 8, 12].map(i => view.getUint32(i, true));
  const size = frameHeadBytes + padded(length);
  return { length, count, crc: payload, time: view.getFloat64(16, true), size };
}

/** True if the bytes after a head, padding included, are those that it tells of. */
export function isPayload(
  { crc }: FrameHead,
  bytes: Uint8Array,
  salt: Uint8Array,
  position: number,
): boolean {
  return crc32c(bytes, seedOf(salt, position)) === crc;
}
