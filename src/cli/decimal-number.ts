const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** As many digits as a whole number may have that a float64 holds for sure. */
const mostDigits = 15;
const powers = Array.from({ length: mostDigits + 1 }, (_, k) => 10 ** k);

const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;

/** The number that a text is, as decimals write it; NaN if it is none. */
export function decimalNumber(text: string): number {
  const { length } = text;
  const isNegative = text.charCodeAt(0) === minus;
  const first = isNegative ? 1 : 0;
  let digits = 0;
  let decimals = -1;
  let value = 0;
  for (let at = first; at < length; at++) {
    const code = text.charCodeAt(at) - zero;
    if (code >= 0 && code <= 9) {
      value = value * 10 + code;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (code === point - zero && decimals < 0) decimals = 0;
    else return anyNumber(text);
  }
  if (digits === 0 || digits > mostDigits) return anyNumber(text);
  // Both are exact, so the quotient is the float64 that is nearest.
  const size = decimals > 0 ? value / powers[decimals] : value;
  return isNegative ? -size : size;
}

function anyNumber(text: string): number {
  return decimal.test(text) ? Number(text) : Number.NaN;
}
