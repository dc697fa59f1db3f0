import { chain, defineCell, dense, gru } from 'rxrecur';

/**
 * mV `[1]` in; out `[2]`, the standardised sample and the standardised difference to the sample
 * before it. W copies the sample into both rows, so that h is the sample before, twice.
 */
const frontEndCell = defineCell(
  'FrontEnd',
  `
  h' = W x
  y  = a * (h' - m * h) + b
`,
  { vectors: { a: 1, m: 0, b: 0 } },
);

/** Parameters in PyTorch's layout have PyTorch's shapes: its tensors fit as they are. */
const gruOf = (tensors, prefix) => ({
  weightIh: tensors[`${prefix}.weight_ih_l0`],
  weightHh: tensors[`${prefix}.weight_hh_l0`],
  biasIh: tensors[`${prefix}.bias_ih_l0`],
  biasHh: tensors[`${prefix}.bias_hh_l0`],
});

const denseOf = (tensors, prefix) => ({
  weight: tensors[`${prefix}.weight`],
  bias: tensors[`${prefix}.bias`],
});

/** A net in a few words: `GRU 32 + dense 3`. */
export function nameOf({ params: [, { weightHh }], outputSize }) {
  return `GRU ${weightHh.shape[1]} + dense ${outputSize}`;
}

/**
 * The models, of the tensors in weights.safetensors, by name: mV in; `forecast` answers mV `[3]` in
 * 25, 50, 100 ms, `flag` a probability `[1]`.
 */
export function modelsOf(tensors) {
  const params = {
    weightIh: [[1], [1]],
    a: tensors['frontend.a'],
    m: tensors['frontend.m'],
    b: tensors['frontend.b'],
  };
  const frontEnd = frontEndCell(1, 2, { params });
  return {
    forecast: chain(
      frontEnd,
      gru(2, 32, { params: gruOf(tensors, 'forecast.gru') }),
      dense(32, 3, { params: denseOf(tensors, 'forecast.dense') }),
    ),
    flag: chain(
      frontEnd,
      gru(2, 16, { params: gruOf(tensors, 'flag.gru') }),
      dense(16, 1, { params: denseOf(tensors, 'flag.dense'), activation: 'sigmoid' }),
    ),
  };
}
