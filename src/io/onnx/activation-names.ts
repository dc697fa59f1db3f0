/** Our activations by ONNX's names, where its operators and its recurrent nodes both have them. */
export const commonActivations: Readonly<Record<string, string>> = {
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  hardSigmoid: 'HardSigmoid',
  hardSigmoid6: 'HardSigmoid',
  softsign: 'Softsign',
  softplus: 'Softplus',
  elu: 'Elu',
  leakyRelu: 'LeakyRelu',
  thresholdedRelu: 'ThresholdedRelu',
};

/** Our activations by the names that ONNX's recurrent nodes have for them. */
export const recurrentActivations: Readonly<Record<string, string>> = {
  ...commonActivations,
  affine: 'Affine',
  scaledTanh: 'ScaledTanh',
};
