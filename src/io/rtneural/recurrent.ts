import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import type { AnyCell } from '../../streams/cell.js';
import { canonicalWeights, layouts } from '../layouts.js';
import { nestedNumbers } from '../nested-numbers.js';
import { countOf, type Told } from './told.js';

/** Keras's weights `[input, 4 · size]`, `[size, 4 · size]`, `[4 · size]`. */
export function lstm(told: Told, inputSize: number): readonly AnyCell[] {
  const { size } = told;
  const bias = countOf(told, 2, 3) === 3;
  const { kernel, recurrent, rows, meaning } = recurrentWeights(told, inputSize, 4);
  const stored = bias
    ? nestedNumbers(`${told.where} bias`, told.weights[2], { shape: [rows], meaning })
    : undefined;
  const params = canonicalWeights(layouts.rtneural, 'lstm', { kernel, recurrent, bias: stored });
  return [lstmCell(inputSize, size, { bias, params })];
}

/** Keras's weights `[input, 3 · size]`, `[size, 3 · size]`, `[2, 3 · size]`: reset after. */
export function gru(told: Told, inputSize: number): readonly AnyCell[] {
  const { size, where, weights } = told;
  const hasBias = countOf(told, 2, 3) === 3;
  const { kernel, recurrent, rows, meaning } = recurrentWeights(told, inputSize, 3);
  if (!hasBias) {
    const params = canonicalWeights(layouts.rtneural, 'gru', { kernel, recurrent });
    return [gruCell(inputSize, size, { bias: false, params })];
  }
  const both = nestedNumbers(`${where} bias`, weights[2], {
    shape: [2, rows],
    meaning: `of input and state, ${meaning}; Keras: reset_after`,
  });
  const [bias, recurrentBias] = [both.subarray(0, rows), both.subarray(rows)];
  const stored = { kernel, recurrent, bias, recurrentBias };
  const params = canonicalWeights(layouts.rtneural, 'gru', stored);
  return [gruCell(inputSize, size, { params })];
}

function recurrentWeights({ where, size, weights }: Told, inputSize: number, gates: number) {
  const rows = gates * size;
  const meaning = `${gates} gates × ${size}`;
  const kernel = nestedNumbers(`${where} kernel`, weights[0], {
    shape: [inputSize, rows],
    meaning: `input ${inputSize}, ${meaning}`,
  });
  const recurrent = nestedNumbers(`${where} recurrent kernel`, weights[1], {
    shape: [size, rows],
    meaning: `hidden ${size}, ${meaning}`,
  });
  return { kernel, recurrent, rows, meaning };
}
