import { denseCell } from '../cells/dense.js';
import { checkNames, demand } from '../errors.js';
import { type Activation, activationText } from '../graph/activations.js';
import type { ParameterInput, ParameterShape } from '../graph/parameters.js';
import type { EquationSpec } from '../graph/spec.js';
import type { AnyCell, Kind, Settings } from '../streams/cell.js';
import { equationSpec } from '../streams/equation-cell.js';
import { integer, parametersOf, printed } from './layer-cell.js';

/** Options of a convolution over steps. */
export interface ConvolutionOptions {
  /** Steps from one tap of the kernel to the next. Default 1. */
  readonly dilation?: number | undefined;
  /** Inputs and outputs in so many parts, each convolved on its own. Default 1. */
  readonly groups?: number | undefined;
  /** False leaves the bias out. Default true. */
  readonly bias?: boolean | undefined;
  /** Default identity. */
  readonly activation?: Activation | undefined;
  /** `weight` `[out, in / groups, kernel]` and `bias` `[out]`, copied. */
  readonly params?: Readonly<Record<string, ParameterInput>> | undefined;
  /** Makes the initial parameters repeatable. */
  readonly seed?: number | undefined;
}

/** A convolution, checked: what a window of its input is multiplied with. */
export interface Convolution {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly kernelSize: number;
  readonly dilation: number;
  readonly groups: number;
  readonly params: Readonly<Record<string, Float32Array>>;
  readonly settings: Settings;
  text(): string;
  /** For each group, a dense layer of a window `[kernel][in / groups]`. */
  readonly specs: readonly EquationSpec[];
}

/** A kind of convolution; `more` are its settings beside those that all have. */
export function convolutionKind(
  name: string,
  more: readonly string[],
  construct: (
    inputSize: number,
    outputSize: number,
    kernelSize: number,
    options: ConvolutionOptions,
  ) => AnyCell,
): Kind {
  const sizes = ['inputSize', 'outputSize', 'kernelSize'];
  return {
    name,
    settings: [...sizes, 'dilation', 'groups', 'bias', 'activation', ...more],
    shapes: convolutionShapes,
    make: ({ inputSize, outputSize, kernelSize, ...options }: ConvolutionSettings, _, params) =>
      construct(inputSize, outputSize, kernelSize, { ...options, params }),
  };
}

type ConvolutionSettings = Pick<Convolution, 'inputSize' | 'outputSize' | 'kernelSize' | 'groups'> &
  Pick<ConvolutionOptions, 'bias'>;

function convolutionShapes(settings: ConvolutionSettings): ParameterShape[] {
  const { inputSize, outputSize, kernelSize, groups, bias } = settings;
  const ins = inputSize / groups;
  const meaning = `output ${outputSize}, input ${ins}, kernel ${kernelSize}`;
  return [
    { name: 'weight', shape: [outputSize, ins, kernelSize], meaning },
    ...(bias ? [{ name: 'bias', shape: [outputSize], meaning: `output ${outputSize}` }] : []),
  ];
}

/** Checks a convolution's arguments; `more` are those of one kind, as they print. */
export function convolution(
  name: string,
  inputSize: number,
  outputSize: number,
  kernelSize: number,
  options: ConvolutionOptions,
  more: Readonly<Record<string, readonly [value: unknown, usual: unknown]>> = {},
): Convolution {
  const own = ['dilation', 'groups', 'bias', 'activation', 'params', 'seed'];
  checkNames(name, options, [...own, ...Object.keys(more)]);
  const { dilation = 1, groups = 1, bias = true, activation = 'identity', params, seed } = options;
  for (const [key, value] of Object.entries({ inputSize, outputSize, kernelSize })) {
    integer(`${name}.${key}`, value, 1);
  }
  integer(`${name}.dilation`, dilation, 1);
  integer(`${name}.groups`, groups, 1, 4096);
  const fits = inputSize % groups === 0 && outputSize % groups === 0;
  demand(fits, `${name}.groups`, `a divisor of ${inputSize} and ${outputSize}`, groups);
  demand(typeof bias === 'boolean', `${name}.bias`, 'true or false', bias);
  const [ins, outs] = [inputSize / groups, outputSize / groups];
  const sizes = { inputSize, outputSize, kernelSize, dilation, groups };
  const values = parametersOf(name, convolutionShapes({ ...sizes, bias }), params, seed);
  const specs = Array.from({ length: groups }, (_, g) => {
    const part = {
      weight: byStep(values.weight, outs, ins, kernelSize, g),
      ...(bias && { bias: values.bias.subarray(g * outs, (g + 1) * outs) }),
    };
    const cell = denseCell(ins * kernelSize, outs, { activation, bias, params: part });
    return equationSpec(name, cell);
  });
  const usual = { dilation: [dilation, 1], groups: [groups, 1], bias: [bias, true] } as const;
  const shown = activationText(specs[0].activations.φ);
  return {
    ...sizes,
    params: values,
    settings: { ...sizes, bias, activation },
    text: () =>
      printed(name, [inputSize, outputSize, kernelSize, ...(shown === 'identity' ? [] : [shown])], {
        ...usual,
        ...more,
      }),
    specs,
  };
}

/** A group's weights `[out][in][kernel]` as `[out][kernel][in]`: a window is step after step. */
function byStep(weight: Float32Array, outs: number, ins: number, kernel: number, group: number) {
  const size = outs * ins * kernel;
  const result = new Float32Array(size);
  for (let o = 0; o < outs; o++) {
    for (let i = 0; i < ins; i++) {
      for (let k = 0; k < kernel; k++) {
        const from = group * size + (o * ins + i) * kernel + k;
        result[(o * kernel + k) * ins + i] = weight[from];
      }
    }
  }
  return result;
}
