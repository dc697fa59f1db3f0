// Unicode's word segmentation: https://github.com/unicode-org/lstm_word_segmentation.
import {
  bidirectionalCell,
  chainCell,
  denseCell,
  embeddingCell,
  lstmCell,
  softmaxCell,
} from 'rxrecur/core';
import { canonicalWeights, layouts } from 'rxrecur/io';

/** What the four outputs of a code point are: it begins a word, is inside, ends it, or is one. */
export const labels = 'bies';

/** A row of the embedding for each code point of a text; those that have none share the last. */
export function rowsOf(text, { dic, mat1 }) {
  const unknown = mat1.dim[0] - 1;
  return [...text].map(point => (Object.hasOwn(dic, point) ? dic[point] : unknown));
}

/** From the rows of a text's code points to four probabilities for each. */
export function segmenter({ mat1, mat2, mat3, mat4, mat5, mat6, mat7, mat8, mat9 }) {
  const data = matrix => Float32Array.from(matrix.data);
  const lstm = (kernel, recurrent, bias) => {
    const stored = { kernel: data(kernel), recurrent: data(recurrent), bias: data(bias) };
    const params = canonicalWeights(layouts.keras, 'lstm', stored);
    return lstmCell(kernel.dim[0], recurrent.dim[0], { params });
  };
  const [count, size] = mat1.dim;
  const [inputs, outputs] = mat8.dim;
  // Keras: [input, output].
  const weight = { data: mat8.data, shape: [outputs, inputs], stride: [1, outputs], offset: 0 };
  return chainCell(
    embeddingCell(count, size, { params: { weight: mat1.data } }),
    bidirectionalCell(lstm(mat2, mat3, mat4), 'concat', lstm(mat5, mat6, mat7)),
    denseCell(inputs, outputs, { params: { weight, bias: mat9.data } }),
    softmaxCell(outputs),
  );
}

/** The label of each code point: `bieiie`. */
export function labelsOf(probabilities) {
  return probabilities.map(p => labels[p.indexOf(Math.max(...p))]).join('');
}

/** The words of a text: each code point that begins one, or is one, begins a part. */
export function wordsOf(text, labelled) {
  const words = [''];
  for (const [i, point] of [...text].entries()) {
    if (i > 0 && 'bs'.includes(labelled[i])) words.push('');
    words[words.length - 1] += point;
  }
  return words;
}

/** Weights of the same shapes that know nothing, for a look at the network. */
export function anyWeights() {
  const shapes = [[74, 40], [40, 108], [27, 108], [108], [40, 108], [27, 108], [108], [54, 4], [4]];
  const matrix = (dim, k) => {
    const length = dim.reduce((product, n) => product * n);
    return { dim, data: Array.from({ length }, (_, i) => Math.sin((k + 1) * (i + 1)) / 5) };
  };
  const matrices = shapes.map((dim, k) => [`mat${k + 1}`, matrix(dim, k)]);
  return { dic: { ก: 0 }, ...Object.fromEntries(matrices) };
}
