// What all processes of the example agree on.
import { chain, dense, gru } from 'rxrecur';

export const partitions = 12;
export const job = 'alarms';
/** An untrained net will do: what it answers to a reading that is out of order stands out. */
export const model = chain(gru(1, 16, { seed: 1 }), dense(16, 1, { seed: 2 }));
/** Milliseconds until others take the partitions of a worker that was killed. */
export const ttl = 1000;
/** Between the largest answer, without its sign, to a wave and the smallest to a fault. */
export const alarmAbove = 0.16;

export const sensors = 1000;
/** Now and then a reading is out of order. */
export const isFault = (sensor, tick) => (sensor * 31 + tick) % 997 === 0;
/** A slow wave. */
export const reading = (sensor, tick) =>
  Math.fround(Math.sin(tick / 40 + sensor) + (isFault(sensor, tick) ? 3 : 0));

/** Where log and outputs are: a folder, or a server's URL. */
export const placeOf = place =>
  place.startsWith('nats:') ? import('./on-servers.mjs') : import('./in-folder.mjs');
