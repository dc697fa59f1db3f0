/** Models by what is in them. */
export function models(tf) {
  const { layers } = tf;
  const sequential =
    (...members) =>
    () =>
      tf.sequential({ layers: members.map(make => make()) });
  const [T, F] = [7, 3];
  const inputShape = [T, F];
  const returnSequences = true;
  const gru = { recurrentActivation: 'sigmoid', resetAfter: false };
  return {
    'LSTM and Dense': sequential(
      () => layers.lstm({ units: 4, inputShape, returnSequences }),
      () => layers.dense({ units: 2, activation: 'sigmoid' }),
    ),
    'LSTM, its last step, and softmax': sequential(
      () => layers.lstm({ units: 4, inputShape, recurrentActivation: 'sigmoid' }),
      () => layers.dense({ units: 3, activation: 'softmax' }),
    ),
    'GRU, reset before': sequential(() => layers.gru({ units: 5, inputShape, returnSequences })),
    'GRU with a sigmoid, of relu, without bias': sequential(() =>
      layers.gru({
        units: 4,
        inputShape,
        returnSequences,
        activation: 'relu',
        useBias: false,
        ...gru,
      }),
    ),
    'SimpleRNN, twice': sequential(
      () => layers.simpleRNN({ units: 4, inputShape, returnSequences }),
      () => layers.simpleRNN({ units: 3, returnSequences, activation: 'softsign' }),
    ),
    'RNN of a stack of cells': sequential(() =>
      layers.rnn({
        cell: layers.stackedRNNCells({
          cells: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 4, resetAfter: false })],
        }),
        inputShape,
        returnSequences,
      }),
    ),
    'Embedding and LSTM': sequential(
      () => layers.embedding({ inputDim: 6, outputDim: 3, inputLength: T }),
      () => layers.lstm({ units: 4, returnSequences }),
      () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
    ),
    'normalisations and activations': sequential(
      () => layers.dense({ units: 4, inputShape, activation: 'relu6' }),
      () => layers.batchNormalization(),
      () => layers.leakyReLU(),
      () => layers.gru({ units: 4, returnSequences, ...gru }),
      () => layers.layerNormalization(),
      () => layers.dropout({ rate: 0.5 }),
      () => layers.elu(),
      () => layers.activation({ activation: 'selu' }),
      () => layers.activation({ activation: 'softmax' }),
    ),
    'a Dense of one vector': sequential(
      () => layers.dense({ units: 4, inputShape: [F], activation: 'elu' }),
      () => layers.prelu(),
      () => layers.dense({ units: 3, activation: 'softplus' }),
      () => layers.softmax(),
    ),
    'Bidirectional, concatenated': sequential(() =>
      layers.bidirectional({
        layer: layers.lstm({ units: 3, returnSequences }),
        mergeMode: 'concat',
        inputShape,
      }),
    ),
    'Bidirectional, averaged, its last step': sequential(
      () =>
        layers.bidirectional({
          layer: layers.gru({ units: 3, ...gru }),
          mergeMode: 'ave',
          inputShape,
        }),
      () => layers.dense({ units: 2 }),
    ),
    'GRU that goes backwards': sequential(
      () => layers.gru({ units: 3, inputShape, goBackwards: true, ...gru }),
      () => layers.dense({ units: 2 }),
    ),
    'Conv1D and GRU': sequential(
      () => layers.conv1d({ filters: 4, kernelSize: 3, inputShape, activation: 'relu' }),
      () => layers.maxPooling1d({ poolSize: 2 }),
      () => layers.gru({ units: 3, ...gru }),
      () => layers.dense({ units: 2 }),
    ),
    'Conv1D, dilated, and LSTM': sequential(
      () =>
        layers.conv1d({ filters: 4, kernelSize: 3, inputShape, padding: 'same', dilationRate: 2 }),
      () => layers.lstm({ units: 3, returnSequences }),
    ),
    'Conv1D of the same length with strides, pooled': sequential(
      () => layers.conv1d({ filters: 4, kernelSize: 4, strides: 2, inputShape, padding: 'same' }),
      () => layers.averagePooling1d({ poolSize: 2, strides: 1 }),
      () => layers.globalAveragePooling1d(),
    ),
    'Conv1D and Flatten': sequential(
      () => layers.conv1d({ filters: 2, kernelSize: 3, inputShape }),
      () => layers.flatten(),
      () => layers.dense({ units: 2, activation: 'tanh' }),
    ),
    'a graph: concatenated, added, multiplied': () => {
      const input = tf.input({ shape: inputShape });
      const lstm = layers.lstm({ units: 4, returnSequences }).apply(input);
      const dense = layers.dense({ units: 4 }).apply(input);
      const sum = layers.add().apply([lstm, dense]);
      const all = layers.concatenate().apply([input, sum, dense]);
      const gate = layers.dense({ units: 4, activation: 'sigmoid' }).apply(all);
      const gated = layers.multiply().apply([gate, lstm]);
      const output = layers.average().apply([gated, sum, dense]);
      return tf.model({ inputs: input, outputs: output });
    },
    'a model within a model': () => {
      const inner = tf.sequential({
        layers: [layers.lstm({ units: 3, inputShape, returnSequences })],
      });
      return tf.sequential({ layers: [inner, layers.dense({ units: 2 })] });
    },
    'a GRU and its state': () => {
      const input = tf.input({ shape: inputShape });
      const outputs = layers.gru({ units: 3, returnState: true, ...gru }).apply(input);
      return tf.model({ inputs: input, outputs });
    },
    'the hidden state of an LSTM with sequences, into a Dense': () => {
      const input = tf.input({ shape: inputShape });
      const both = { units: 3, returnSequences, returnState: true };
      const [, h] = layers.lstm(both).apply(input);
      return tf.model({ inputs: input, outputs: layers.dense({ units: 2 }).apply(h) });
    },
    'the state of a SimpleRNN after a convolution': () => {
      const input = tf.input({ shape: inputShape });
      const convolved = layers.conv1d({ filters: 2, kernelSize: 2 }).apply(input);
      const both = { units: 3, returnSequences, returnState: true };
      const [, h] = layers.simpleRNN(both).apply(convolved);
      return tf.model({ inputs: input, outputs: h });
    },
  };
}

/** More models, whose weights are drawn after those of the others. */
export function laterModels(tf) {
  const { layers } = tf;
  const inputShape = [7, 3];
  const returnSequences = true;
  const recurrentActivation = 'sigmoid';
  const encoder = () => layers.lstm({ units: 4, inputShape, recurrentActivation });
  return {
    'LSTM autoencoder': () =>
      tf.sequential({
        layers: [
          encoder(),
          layers.repeatVector({ n: 7 }),
          layers.lstm({ units: 4, returnSequences, recurrentActivation }),
          layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
        ],
      }),
    'steps of a vector by Reshape': () =>
      tf.sequential({
        layers: [encoder(), layers.dense({ units: 6 }), layers.reshape({ targetShape: [3, 2] })],
      }),
    'a Permute, and other steps by Reshape': () =>
      tf.sequential({
        layers: [
          layers.permute({ dims: [2, 1], inputShape: [6, 2] }),
          layers.reshape({ targetShape: [4, 3] }),
          layers.simpleRNN({ units: 3 }),
        ],
      }),
    'Rescaling, UpSampling and functions of recurrent layers': () =>
      tf.sequential({
        layers: [
          layers.rescaling({ scale: 0.5, offset: 0.25, inputShape }),
          layers.lstm({ units: 3, returnSequences, activation: 'swish', recurrentActivation }),
          layers.simpleRNN({ units: 3, returnSequences, activation: 'selu' }),
          layers.gru({
            ...{ units: 3, returnSequences, activation: 'relu6', recurrentActivation },
            resetAfter: false,
          }),
          layers.simpleRNN({ units: 3, activation: 'mish' }),
        ],
      }),
    'a layer and a model that are called twice': () => {
      const [a, b] = [tf.input({ shape: inputShape }), layers.dense({ units: 3 })];
      const inner = tf.sequential({
        layers: [layers.lstm({ units: 2, inputShape: [7, 3], recurrentActivation })],
      });
      const [once, twice] = [b.apply(a), b.apply(b.apply(a))];
      const outputs = layers.concatenate().apply([inner.apply(once), inner.apply(twice)]);
      return tf.model({ inputs: a, outputs });
    },
    'maximum and minimum': () => {
      const x = tf.input({ shape: inputShape });
      const [a, b] = [layers.dense({ units: 3 }).apply(x), layers.dense({ units: 3 }).apply(x)];
      const outputs = layers
        .add()
        .apply([layers.maximum().apply([a, b]), layers.minimum().apply([a, x])]);
      return tf.model({ inputs: x, outputs });
    },
  };
}

/**
 * Models with masks, the value that hides a step, and which steps it hides: at the beginning, in
 * between, at the end.
 */
export function maskedModels(tf) {
  const { layers } = tf;
  const returnSequences = true;
  const hidden = [0, 1, 4, 6];
  const input = (mask, shape) => {
    const x = tf.input({ shape });
    return [x, layers.masking({ maskValue: mask }).apply(x)];
  };
  const embedded = () => {
    const x = tf.input({ shape: [7] });
    return [x, layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }).apply(x)];
  };
  const model = (inputs, outputs) => tf.model({ inputs, outputs });
  const rows = {
    'masked: an LSTM, then a Dense': [0, x => layers.lstm({ units: 3, returnSequences }).apply(x)],
    'masked: a Dense, a GRU without sequences': [
      -1,
      x => {
        const before = layers.dense({ units: 2, activation: 'tanh' }).apply(x);
        return layers.gru({ units: 3, recurrentActivation: 'sigmoid' }).apply(before);
      },
    ],
    'masked: two recurrent layers and a way around them': [
      -1,
      x => {
        const first = layers.simpleRNN({ units: 3, returnSequences }).apply(x);
        const between = layers.dense({ units: 3 }).apply(first);
        const second = layers.lstm({ units: 3, returnSequences }).apply(between);
        return layers.concatenate().apply([second, layers.dense({ units: 2 }).apply(x)]);
      },
    ],
  };
  const cases = Object.entries(rows).map(([name, [mask, body]]) => {
    const make = () => {
      const [x, masked] = input(mask, [7, 2]);
      return model(x, layers.dense({ units: 2 }).apply(body(masked)));
    };
    return { name, mask, hidden, make };
  });
  const make = () => {
    const [x, vectors] = embedded();
    const y = layers
      .gru({ units: 2, recurrentActivation: 'sigmoid', returnSequences })
      .apply(vectors);
    return model(x, layers.dense({ units: 2 }).apply(y));
  };
  return [...cases, { name: 'masked: an Embedding and a GRU', mask: 0, hidden, make }];
}

/** Weights as `tensorflowjs_converter --quantize_…` stores them, of numbers of their own. */
export function quantised(specs, dtype, numbers) {
  const parts = specs.map((spec, i) => {
    const count = spec.shape.reduce((product, n) => product * n, 1);
    const values = numbers(1000 + i, count, 0.6);
    if (dtype === 'float16') return halves(values);
    const [min, most] = [Math.min(...values), dtype === 'uint8' ? 255 : 65535];
    const scale = (Math.max(...values) - min) / most;
    const Stored = dtype === 'uint8' ? Uint8Array : Uint16Array;
    const stored = Stored.from(values, v => Math.round((v - min) / scale));
    return { bytes: new Uint8Array(stored.buffer), quantization: { min, scale, dtype } };
  });
  const weightData = new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes))).buffer;
  const quantization = i => ({ original_dtype: 'float32', ...parts[i].quantization });
  return {
    specs: specs.map((spec, i) => ({ ...spec, quantization: quantization(i) })),
    weightData,
  };
}

/** The upper bits of numbers as halves: what is between 2⁻¹⁴ and 1 in size. */
function halves(values) {
  const stored = Uint16Array.from(values, v => {
    const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(v))));
    const fraction = Math.floor((Math.abs(v) / 2 ** exponent - 1) * 1024);
    return ((v < 0 ? 1 : 0) << 15) | ((exponent + 15) << 10) | Math.max(0, fraction);
  });
  return { bytes: new Uint8Array(stored.buffer), quantization: { dtype: 'float16' } };
}
