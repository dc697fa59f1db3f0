import type { NdArray } from '../../src/index.js';

/** Runs before an element, or the description of an array, is read. */
export type BeforeReading = () => void;

const isIndex = (key: string | symbol) => typeof key === 'string' && /^\d+$/.test(key);

/** An array that calls back whenever one of its elements is read. */
function accessors(values: readonly number[], before: BeforeReading): number[] {
  const array = new Array<number>(values.length);
  for (const [i, value] of values.entries()) {
    const get = () => {
      before();
      return value;
    };
    Object.defineProperty(array, i, { get, enumerable: true, configurable: true });
  }
  return array;
}

function proxy<T extends object>(target: T, before: BeforeReading): T {
  return new Proxy(target, {
    get(of, key) {
      if (isIndex(key)) before();
      return Reflect.get(of, key) as unknown;
    },
  });
}

const rowMajor = (shape: readonly number[]) =>
  shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));

const viewOf = (data: ArrayLike<number>, shape: readonly number[]): NdArray => ({
  data,
  shape,
  stride: rowMajor(shape),
  offset: 0,
});

/** A vector, given as what runs somebody's code when it is read. */
export const exoticVectors = {
  'an array of accessors': accessors,
  'a proxy of an array': (values: readonly number[], before: BeforeReading) =>
    proxy([...values], before),
  'a proxy of a typed array': (values: readonly number[], before: BeforeReading) =>
    proxy(Float32Array.from(values), before),
};

/** Row-major numbers of a shape, as an ndarray that runs somebody's code when it is read. */
export const exoticArrays = {
  'an ndarray of accessors': (values: readonly number[], shape: number[], before: BeforeReading) =>
    viewOf(accessors(values, before), shape),
  'an ndarray of a proxy': (values: readonly number[], shape: number[], before: BeforeReading) =>
    viewOf(proxy(Float64Array.from(values), before), shape),
  'an ndarray whose fields are accessors': (
    values: readonly number[],
    shape: number[],
    before: BeforeReading,
  ) => {
    const fields = viewOf(Float32Array.from(values), shape);
    return {
      get data() {
        before();
        return fields.data;
      },
      get shape() {
        before();
        return fields.shape;
      },
      get stride() {
        before();
        return fields.stride;
      },
      get offset() {
        before();
        return fields.offset;
      },
    };
  },
};

export type VectorForm = keyof typeof exoticVectors | keyof typeof exoticArrays;
export const vectorForms = [
  ...Object.keys(exoticVectors),
  ...Object.keys(exoticArrays),
] as VectorForm[];
export const arrayForms = Object.keys(exoticArrays) as (keyof typeof exoticArrays)[];

/** A vector in any exotic form. */
export function exoticVector(
  form: VectorForm,
  values: readonly number[],
  before: BeforeReading,
): unknown {
  if (form in exoticVectors) {
    return exoticVectors[form as keyof typeof exoticVectors](values, before);
  }
  return exoticArrays[form as keyof typeof exoticArrays](values, [values.length], before);
}
