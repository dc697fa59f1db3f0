import { demand, mismatch } from '../errors.js';
import type { NewEvent } from './log.js';

/** A megabyte, as memory counts it. */
const mib = 2 ** 20;

/** The most bytes of an event's value, a record, or a snapshot's chunk, unless a log has less. */
export const largest = 64 * mib;

/** Throws unless it is a number of partitions. */
export function checkPartitions(where: string, partitions: unknown): asserts partitions is number {
  const fits = Number.isInteger(partitions) && (partitions as number) > 0;
  demand(fits && (partitions as number) <= 4096, `${where}.partitions`, '1 to 4096', partitions);
}

/** Throws unless the log has that partition. */
export function checkPartition(partitions: number, partition: number): void {
  const fits = Number.isInteger(partition) && partition >= 0 && partition < partitions;
  demand(fits, 'partition', `0 to ${partitions - 1}`, partition);
}

/** Throws unless it can be the offset of an event or the revision of a record; 0: before all. */
export function checkPlace(where: string, place: number): void {
  demand(Number.isSafeInteger(place) && place >= 0, where, 'a whole number from 0', place);
}

/** Throws unless a job or a member can have that name. */
export function checkName(where: string, name: string): void {
  checkText(where, name, 64);
}

/** Throws unless it is a time that a lease can last. */
export function checkTerm(where: string, ttl: number): void {
  demand(Number.isFinite(ttl) && ttl > 0, where, 'milliseconds above 0', ttl);
}

/** Throws unless they are bytes, and not too many; `why`: the reason of a smaller limit. */
export function checkBytes(where: string, bytes: Uint8Array, most = largest, why?: string): void {
  demand(bytes instanceof Uint8Array, where, 'a Uint8Array', bytes);
  const { length } = bytes;
  if (length > 0 && length <= most) return;
  const limit = most % mib ? `${most} bytes` : `${most / mib} MiB`;
  throw mismatch(where, `1 byte to ${limit}`, `${length} bytes`, why);
}

/** Throws unless all of them can be appended, together. */
export function checkEvents(events: readonly NewEvent[], most = largest, why?: string): void {
  demand(Array.isArray(events) && events.length > 0, 'events', 'an array of events', events);
  let bytes = 0;
  events.forEach((event, i) => {
    demand(typeof event === 'object' && event, `events[${i}]`, '{ key, value }', event);
    checkText(`events[${i}].key`, event.key, 1024);
    demand(!event.key.includes('\0'), `events[${i}].key`, 'a text without NUL', event.key);
    checkBytes(`events[${i}].value`, event.value, most, why);
    bytes += event.value.length;
  });
  const hint = 'append them in several calls';
  demand(bytes <= 2 * largest, 'events', `${(2 * largest) / mib} MiB at most`, bytes, hint);
}

/** Throws unless the two revisions of a snapshot fit each other and the newest record. */
export function checkSnapshot(revision: number, keep: number, newest: number): void {
  checkPlace('snapshot.revision', revision);
  demand(revision > 0, 'snapshot.revision', 'a whole number from 1', revision);
  checkPlace('snapshot.keep', keep);
  demand(revision <= newest, 'snapshot.revision', `at most the newest, ${newest}`, revision);
  demand(keep <= revision, 'snapshot.keep', `at most the snapshot's revision, ${revision}`, keep);
}

const encoder = new TextEncoder();

function checkText(where: string, text: string, most: number): void {
  demand(typeof text === 'string', where, 'a string', text);
  const { length } = text.length > most ? text : encoder.encode(text);
  demand(length > 0 && length <= most, where, `1 to ${most} bytes as UTF-8`, length);
  // UTF-8 would turn half a surrogate pair into another character.
  demand(!/\p{Surrogate}/u.test(text), where, 'whole characters', text);
}
