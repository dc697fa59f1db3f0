// Fits the polynomials of src/kernels/wasm/activations.ts and prints them: interpolation at the
// Chebyshev nodes, which is within a factor of two of the best, the coefficients rounded to
// float32.
//   node test/kernels/fit.mjs

/** The polynomial of `count` coefficients, lowest first, through f at the Chebyshev nodes. */
export function interpolate(f, from, to, count) {
  const nodes = Array.from({ length: count }, (_, k) => {
    return (from + to) / 2 + ((to - from) / 2) * Math.cos((Math.PI * (k + 0.5)) / count);
  });
  // Gauss–Jordan on the Vandermonde matrix, rows [1, x, x², …, f(x)].
  const rows = nodes.map(x => [...Array.from({ length: count }, (_, k) => x ** k), f(x)]);
  for (let i = 0; i < count; i++) {
    const pivot = rows.slice(i).reduce((a, b) => (Math.abs(b[i]) > Math.abs(a[i]) ? b : a));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(
      i,
      0,
      pivot.map(v => v / pivot[i]),
    );
    for (const [j, row] of rows.entries()) {
      if (j !== i) rows[j] = row.map((v, k) => v - row[i] * rows[i][k]);
    }
  }
  return rows.map(row => row[count]);
}

/** (eʳ − 1 − r) / r², by its series where the closed form cancels. */
export function expm1Rest(r) {
  let sum = 0;
  for (let k = 20, term; k >= 2; k--) {
    term = 1;
    for (let i = 1; i <= k; i++) term /= i;
    sum = sum * r + term;
  }
  return sum;
}

/** (log((1 + s) / (1 − s)) / s − 2) / s², for w = s². */
export function log1pRest(w) {
  let sum = 0;
  for (let k = 30; k >= 1; k--) sum = sum * w + 2 / (2 * k + 1);
  return sum;
}

/** The fewest digits that are the same float32. */
function shortest(value) {
  const float = Math.fround(value);
  const digits = [6, 7, 8, 9].find(n => Math.fround(Number(float.toPrecision(n))) === float);
  return Number(float.toPrecision(digits));
}

export const fitted = {
  expm1Coefficients: interpolate(expm1Rest, -Math.LN2 / 2, Math.LN2 / 2, 5).map(shortest),
  log1pCoefficients: interpolate(log1pRest, 0, 1 / 9, 4).map(shortest),
};

if (process.argv?.[1]?.endsWith('fit.mjs')) {
  // A page imports this module too, so nothing parses arguments but this line.
  if (process.argv.includes('--help')) {
    console.log('Usage: node test/kernels/fit.mjs\n\nPrints the coefficients of activations.ts.');
  } else {
    for (const [name, coefficients] of Object.entries(fitted)) {
      console.log(`export const ${name} = [${coefficients.join(', ')}];`);
    }
  }
}
