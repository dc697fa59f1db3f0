import { readFileSync } from 'node:fs';
import { recur } from 'rxrecur';

/** What train.py found: `horizons` (rows), `ridge` and `logistic` filters, thresholds, the rule. */
export function readBaselines() {
  return JSON.parse(readFileSync(new URL('baselines.json', import.meta.url)));
}

/**
 * A linear filter as an operator: mV in, intercept + Σ coefficients[j] · the sample j rows ago out.
 *
 * It is a plain recurrent function: its state is the last samples, `[taps]` mV, the newest first,
 * zeros before the first row.
 */
export function linear({ coefficients, intercept }) {
  const step = (past, mv) => {
    const now = [mv, ...past.slice(0, -1)];
    return [now, now.reduce((sum, sample, j) => sum + coefficients[j] * sample, intercept)];
  };
  return recur(step, { initialState: coefficients.map(() => 0) });
}

/** A logit as a probability. */
export function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}
