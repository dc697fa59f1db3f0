import { printable } from '../json.js';
import { allGraphs } from './control-inputs.js';
import { isSize, type OnnxOptions } from './inputs.js';
import type { GraphProto } from './proto.js';

/** What a file leaves open: an input that chooses, or the size of an axis. */
export interface Question {
  /** As the caller would say it: `inputs: { sr: 16000 }`. */
  readonly text: (value: number) => string;
  readonly candidates: readonly number[];
  /** Further values that must not work, if one is to be the only one that does. */
  rivals(value: number): readonly number[];
  answered(options: OnnxOptions, value: number): OnnxOptions;
}

/** Values that may be tried of one question. */
export const mostCandidates = 16;

/** Axes of inputs whose size a file leaves open. */
interface OpenAxes {
  /** The caller's, and those of inputs that have axes without a name. */
  readonly dims: NonNullable<OnnxOptions['dims']>;
  /** How long the only axis is that is none of a batch. */
  readonly lengths: readonly Question[];
  /** True if an axis without a name was taken for that of a batch. */
  readonly isUnnamed: boolean;
}

/** An input whose axes are sizes, or what stands for one that is not known. */
interface OpenInput {
  readonly name: string;
  readonly axes: readonly (number | string)[];
  readonly isUnnamed: boolean;
}

/** What the axes of a graph's inputs leave open; a batch is of one. */
export function openAxes(graph: GraphProto, { dims = {} }: OnnxOptions): OpenAxes {
  const inputs = openInputs(graph, dims);
  const open = new Set(inputs.flatMap(({ axes }) => axes.filter(axis => typeof axis === 'string')));
  const isUnnamed = inputs.some(input => input.isUnnamed);
  const [length] = open;
  const fixed = (value: number) =>
    Object.fromEntries(
      inputs.flatMap(({ name, axes, isUnnamed }) =>
        isUnnamed ? [[name, axes.map(axis => (typeof axis === 'string' ? value : axis))]] : [],
      ),
    );
  if (open.size === 0) return { dims: { ...dims, ...fixed(1) }, lengths: [], isUnnamed };
  const candidates = sizesIn(graph);
  if (open.size > 1 || candidates.length === 0) return { dims, lengths: [], isUnnamed: false };
  const [first] = inputs.filter(({ axes }) => axes.includes(length));
  const question: Question = {
    candidates,
    text: value => {
      const name = printable(first.isUnnamed ? first.name : (length as string));
      const axes = first.axes.map(axis => (typeof axis === 'string' ? value : axis));
      return `dims: { ${name}: ${first.isUnnamed ? `[${axes.join(', ')}]` : value} }`;
    },
    rivals: value => [value + 1, ...(value > 1 ? [value - 1] : []), 2 * value],
    answered: (options, value) => ({
      ...options,
      dims: { ...options.dims, ...fixed(value), ...(!first.isUnnamed && { [length]: value }) },
    }),
  };
  return { dims, lengths: [question], isUnnamed };
}

/** Inputs of data with an axis of an unknown size. */
function openInputs(
  { inputs, initializers }: GraphProto,
  sizes: NonNullable<OnnxOptions['dims']>,
): OpenInput[] {
  const own = new Set(initializers.map(({ name }) => name));
  return inputs.flatMap(({ name, dims = [] }): OpenInput[] => {
    if (own.has(name) || Object.hasOwn(sizes, name)) return [];
    // A state of several layers has its batch in the middle.
    const batch = dims.length === 3 && isSize(dims[0]) ? 1 : 0;
    const axes = dims.map((dim, i) => {
      if (isSize(dim)) return dim;
      if (typeof dim === 'string' && dim !== '') {
        if (Object.hasOwn(sizes, dim)) return sizes[dim] as number;
        return /batch|^[nb]$/i.test(dim) ? 1 : dim;
      }
      return i === batch && dims.length > 1 ? 1 : `${name}[${i}]`;
    });
    const isUnnamed = dims.some(dim => !isSize(dim) && (typeof dim !== 'string' || dim === ''));
    return [{ name, axes, isUnnamed }].filter(() => !dims.every(isSize));
  });
}

/** Sizes of tensors in a file: what an axis may be as long as. */
function sizesIn(graph: GraphProto): number[] {
  const found = new Set<number>();
  for (const { initializers, nodes } of allGraphs(graph)) {
    const tensors = nodes.flatMap(({ attributes }) => attributes.flatMap(a => a.tensor ?? []));
    for (const { dims } of [...initializers, ...tensors]) for (const dim of dims) found.add(dim);
  }
  const sizes = [...found].filter(size => isSize(size) && size > 1);
  return sizes.length > mostCandidates ? [] : sizes.sort((a, b) => a - b);
}
