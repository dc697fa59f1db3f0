import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** Rows a second. prepare.py brought the recording from 360 Hz to this, zero phase. */
export const hz = 120;

/** Rows a second of the recording itself. */
export const recordedHz = 360;

/**
 * Ms of the future that each row has seen: half of the 13 taps of prepare.py's centred low-pass.
 */
export const filterDelay = (6 / recordedHz) * 1000;

/** The first row that no method was fitted on: 3 of 5 minutes. */
export const split = 21_600;

/**
 * The recording and its beats.
 *
 * `rows`: `{ t, mv }`, ms since the first row and millivolt (float32), 120 a second.
 * `beats`: `{ t, kind }`, ms of the R peak; `N` normal, `V` ventricular, `U` unclear: self-made
 * labels, from the width of the QRS.
 */
export function readRecording() {
  const rows = read('ecg-208.csv').map(({ t_ms, mv }) => ({ t: t_ms, mv: Math.fround(mv) }));
  const beats = read('beats.csv').map(({ t_ms, kind }) => ({ t: t_ms, kind }));
  return { rows, beats };
}

function read(name) {
  const text = readFileSync(new URL(name, import.meta.url));
  return parse(text, { columns: true, cast: true });
}
