// Quantiles of measured times.

/** The value below which a share of the values lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export const median = values => quantile(values, 0.5);

/**
 * Median, and the ranks between which it lies 95 times of 100: the binomial distribution, about
 * normal.
 */
export function medianInterval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const half = Math.ceil(0.98 * Math.sqrt(n));
  const at = i => sorted[Math.max(0, Math.min(n - 1, i))];
  const middle = Math.floor(n / 2);
  return { low: at(middle - half), middle: quantile(sorted, 0.5), high: at(middle + half) };
}

/** Median and quartiles. */
export function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(share => quantile(values, share));
  return { median: middle, low, high };
}
