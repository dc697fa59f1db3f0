// Quantiles of measured times.

/** The value below which a share of the values lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

export const median = values => quantile(values, 0.5);

/** Median and quartiles. */
export function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(share => quantile(values, share));
  return { median: middle, low, high };
}
