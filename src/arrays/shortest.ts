/** At or above it a float32 has all its 24 bits. */
const smallestNormal = 2 ** -126;
/** Of ten: a float32 times one of them is a float64, nothing rounded. */
const powers = Array.from({ length: 13 }, (_, k) => 10 ** k);
const zeros = '0'.repeat(powers.length);

/**
 * The fewest significant digits that give `value`, a float32, back when they are read and rounded
 * to float32 (`0.1`, not `0.10000000149011612`), as JSON writes numbers. `NaN` and infinities as
 * JavaScript writes them.
 */
export function shortestFloat32(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-6 && size < 1e6) {
    // Six digits, and one more as long as they are too few.
    let decimals = 5;
    while (decimals > 0 && size >= powers[6 - decimals]) decimals--;
    while (size * powers[decimals] < 1e5) decimals++;
    for (const most = Math.min(decimals + 3, 12); decimals <= most; decimals++) {
      const digits = Math.round(size * powers[decimals]);
      if (Math.fround(digits / powers[decimals]) === size) {
        return (value < 0 ? '-' : '') + positional(digits, decimals);
      }
    }
  }
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  // Six digits or fewer that give a normal float32 are the first of what toPrecision(6) writes.
  const fewest = size < smallestNormal ? 1 : 6;
  for (let digits = fewest; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return String(decimal);
  }
  return String(Number(value.toPrecision(9)));
}

/** A whole number over a power of ten. */
function positional(digits: number, decimals: number): string {
  let [rest, places] = [digits, decimals];
  while (places > 0 && rest % 10 === 0) {
    rest /= 10;
    places--;
  }
  if (places === 0) return String(rest);
  const whole = Math.floor(rest / powers[places]);
  const fraction = String(rest - whole * powers[places]);
  return `${whole}.${zeros.slice(fraction.length, places)}${fraction}`;
}
