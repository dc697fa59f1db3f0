/** How forecasts and flags are measured: the rule of scoring.py, which chose the thresholds. */

/**
 * Root mean square error in mV of a forecast `horizon` rows ahead (`forecast` and `mv`: a number
 * a row), over those made at rows from `begin` on for rows before `end`.
 */
export function rmse(forecast, mv, horizon, begin, end) {
  let sum = 0;
  for (let k = begin; k < end - horizon; k++) sum += (forecast[k] - mv[k + horizon]) ** 2;
  return Math.sqrt(sum / (end - horizon - begin));
}

/**
 * Gives each alarm (ms) to the latest beat with R ≤ alarm ≤ R + reach, and counts those of
 * begin ≤ time < end (ms). A V beat with an alarm is a hit, its delay runs from R to its first
 * alarm; an N beat with an alarm is a false alarm; an alarm of no beat is a stray. U beats are
 * listed, but count neither way. A beat is of the part that holds its R.
 */
export function score(alarms, beats, reach, begin, end) {
  const inside = t => begin <= t && t < end;
  const first = new Map();
  let strays = 0;
  for (const alarm of alarms) {
    const beat = beats.findLast(({ t }) => t <= alarm);
    if (!beat || alarm > beat.t + reach) strays += inside(alarm) ? 1 : 0;
    else if (!first.has(beat)) first.set(beat, alarm);
  }
  const part = kind => beats.filter(beat => beat.kind === kind && inside(beat.t));
  const flagged = kind => part(kind).filter(beat => first.has(beat));
  return {
    hits: flagged('V').length,
    ventricular: part('V').length,
    falseAlarms: flagged('N').length,
    normal: part('N').length,
    strays,
    unclearFlagged: flagged('U').length,
    unclear: part('U').length,
    medianDelay: median(flagged('V').map(beat => first.get(beat) - beat.t)),
  };
}

/** The middle one of some numbers, or the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
