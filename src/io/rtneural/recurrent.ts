import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import type { AnyCell } from '../../streams/cell.js';
import { canonicalWeights, layouts } from '../layouts.js';
import { nestedNumbers } from '../nested-numbers.js';
import { countOf, type LayerRecord } from './layer-record.js';

/**
 * Keras's weights `[input, gates · size]`, `[size, gates · size]` and, of an LSTM, `[4 · size]`, of
 * a GRU, which resets after the product, `[2, 3 · size]`.
 */
export function recurrent(kind: 'lstm' | 'gru') {
  return (record: LayerRecord, inputSize: number): readonly AnyCell[] => {
    const { where, size, weights } = record;
    const bias = countOf(record, 2, 3) === 3;
    const gates = layouts.rtneural[kind].length;
    const rows = gates * size;
    const meaning = `${gates} gates × ${size}`;
    const numbers = (name: string, i: number, shape: readonly number[], words: string) =>
      nestedNumbers(`${where} ${name}`, weights[i], { shape, meaning: words });
    const kernel = numbers('kernel', 0, [inputSize, rows], `input ${inputSize}, ${meaning}`);
    const own = numbers('recurrent kernel', 1, [size, rows], `hidden ${size}, ${meaning}`);
    const both = `of input and state, ${meaning}; Keras: reset_after`;
    const [shape, words] = kind === 'gru' ? [[2, rows], both] : [[rows], meaning];
    const biases = bias ? numbers('bias', 2, shape, words) : undefined;
    const params = canonicalWeights(layouts.rtneural, kind, {
      ...{ kernel, recurrent: own, bias: biases?.subarray(0, rows) },
      recurrentBias: kind === 'gru' ? biases?.subarray(rows) : undefined,
    });
    return [(kind === 'gru' ? gruCell : lstmCell)(inputSize, size, { bias, params })];
  };
}
