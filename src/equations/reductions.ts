/** What a text may make one number of, out of all elements of a vector. */
export type Reduction = 'sum' | 'mean' | 'max';

const reductions: readonly string[] = ['sum', 'mean', 'max'];

export function isReduction(name: string): name is Reduction {
  return reductions.includes(name);
}

/** The number that v[from … to) is reduced to, in double precision. */
export function reduce(by: Reduction, v: Float64Array, from: number, to: number): number {
  let result = by === 'max' ? v[from] : 0;
  if (by === 'max') for (let i = from + 1; i < to; i++) result = Math.max(result, v[i]);
  else for (let i = from; i < to; i++) result += v[i];
  return by === 'mean' ? result / (to - from) : result;
}
