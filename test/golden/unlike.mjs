/** Where two JSON values differ, or undefined; numbers may by 1e-5, relative above 1. */
export function unlike(a, b, place = '') {
  if (typeof a === 'number' && typeof b === 'number') {
    const near = Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));
    return near ? undefined : `${place}: ${a} is not ${b}`;
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
    return a === b
      ? undefined
      : `${place}: ${String(a).slice(0, 40)} is not ${String(b).slice(0, 40)}`;
  }
  const keys = Object.keys(a);
  if (`${keys.sort()}` !== `${Object.keys(b).sort()}`) return `${place}: other keys`;
  for (const key of keys) {
    const found = unlike(a[key], b[key], `${place}/${key}`);
    if (found) return found;
  }
  return undefined;
}
