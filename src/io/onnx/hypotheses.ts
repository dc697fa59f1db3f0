import type { ValueProto } from './proto.js';

/** What an axis may stand for: time, batch, features. */
type Role = 'T' | 'B' | 'F';

const roles: Readonly<Record<number, readonly string[]>> = {
  0: [''],
  1: ['F', 'T'],
  2: ['BF', 'TF', 'BT', 'TB', 'FF'],
  3: ['TBF', 'BTF', 'BFT', 'BFF'],
  4: ['BFFT', 'BFTF', 'BTFF', 'TBFF'],
};

const names: Readonly<Record<'T' | 'B', RegExp>> = {
  T: /seq|time|len|step|frame|^t$/i,
  B: /batch|^[nb]$/i,
};

/** What the axes of an input may be. */
export interface Idea {
  /** Sizes of one step of one sequence: 1 for the axes of steps and of the batch. */
  readonly dims: readonly number[];
  /** Which axis goes through the steps, if they are several, and which through a batch. */
  readonly time?: number | undefined;
  readonly batch?: number | undefined;
  /** Undefined where the file leaves it open. */
  readonly steps: number | undefined;
  readonly batches: number | undefined;
  /** True for an axis of steps that is 1. */
  readonly isOneStep: boolean;
}

/** A file names the axes of its input as it likes: what they may be, the likeliest first. */
export function hypotheses(
  input: ValueProto,
  sizes: Readonly<Record<string, number | readonly number[]>>,
): Idea[] {
  const own = Object.hasOwn(sizes, input.name) ? sizes[input.name] : undefined;
  const given = typeof own === 'object' ? own : input.dims;
  const dims = (given ?? []).map(dim => {
    const size = typeof dim === 'string' && Object.hasOwn(sizes, dim) ? sizes[dim] : dim;
    return typeof size === 'object' ? dim : size;
  });
  const possible = (roles[dims.length] ?? []).filter(list =>
    [...list].every((role, i) => role !== 'F' || isSize(dims[i])),
  );
  const costs = possible.map((list, i) => {
    const cost = dims.reduce<number>((sum, dim, d) => sum + costOf(list[d] as Role, dim), 0);
    return { list, cost: cost * 10 + i };
  });
  return costs.sort((a, b) => a.cost - b.cost).map(({ list }) => ideaOf(list, dims));
}

type GivenDim = number | string | undefined;

function isSize(dim: GivenDim): boolean {
  return typeof dim === 'number' && dim > 0 && dim <= 2 ** 22;
}

function costOf(role: Role, dim: GivenDim): number {
  if (typeof dim === 'string') {
    if (role !== 'B' && names.B.test(dim)) return 5;
    return role !== 'T' && names.T.test(dim) ? 5 : 0;
  }
  if (role === 'B') return dim === 1 || !isSize(dim) ? 0 : 1;
  return role === 'T' && dim === 1 ? 1 : 0;
}

function ideaOf(list: string, dims: readonly GivenDim[]): Idea {
  const sizes = dims.map(dim => (isSize(dim) ? (dim as number) : undefined));
  const [time, batch] = ['T', 'B'].map(role => list.indexOf(role));
  const steps = time < 0 ? 1 : sizes[time];
  return {
    dims: sizes.map((size, i) => (list[i] === 'F' ? (size as number) : 1)),
    ...{ time: time < 0 || steps === 1 ? undefined : time, steps },
    ...(batch < 0 ? { batches: 1 } : { batch, batches: sizes[batch] }),
    isOneStep: time >= 0 && steps === 1,
  };
}
