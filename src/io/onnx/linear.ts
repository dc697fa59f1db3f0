import { denseCell } from '../../cells/dense.js';
import type { Activation } from '../../graph/activations.js';
import type { LayerDraft } from './network.js';
import { parameterOf } from './tensor.js';

/** A dense layer before it is made; weights are read when it is. */
export interface Dense {
  readonly inputSize: number;
  readonly size: number;
  /** `[size, inputSize]`. */
  weight(): Float32Array;
  readonly bias?: (() => Float32Array) | undefined;
  readonly activation?: Activation | undefined;
}

/** A dense layer that may still take in a bias and an activation. */
export function denseDraft(dense: Dense): LayerDraft {
  const { inputSize, size, weight, bias, activation } = dense;
  return {
    width: size,
    streams: true,
    make() {
      const params = { weight: parameterOf(weight()), ...(bias && { bias: bias() }) };
      return denseCell(inputSize, size, { activation, bias: bias !== undefined, params });
    },
    linear: {
      size,
      ...(!bias &&
        !activation && { biased: values => denseDraft({ ...dense, bias: () => values }) }),
      ...(!activation && { activated: chosen => denseDraft({ ...dense, activation: chosen }) }),
    },
  };
}
