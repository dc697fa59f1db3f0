/** At or above it a float32 has all its 24 bits. */
const smallestNormal = 2 ** -126;

/**
 * The fewest significant digits that give `value`, a float32, back when they are read and rounded
 * to float32 (`0.1`, not `0.10000000149011612`), as JSON writes numbers. `NaN` and infinities as
 * JavaScript writes them.
 */
export function shortestFloat32(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  // Six digits or fewer that give a normal float32 are the first of what toPrecision(6) writes.
  const fewest = Math.abs(value) < smallestNormal ? 1 : 6;
  for (let digits = fewest; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return String(decimal);
  }
  return String(Number(value.toPrecision(9)));
}
