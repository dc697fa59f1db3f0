// Thai is written without spaces: a bidirectional LSTM finds the words.
//
//   node examples/thai.mjs weights.json ['a text']
//
// The weights: https://github.com/unicode-org/lstm_word_segmentation, in
// Models/Thai_codepoints_exclusive_model4_heavy/weights.json, licence Unicode-3.0; ICU4X ships them
// too. Without them the weights are made up: the same network, but the words are none.
import { readFileSync } from 'node:fs';
import { from } from 'rxjs';
import { recur } from 'rxrecur';
import { anyWeights, labelsOf, rowsOf, segmenter, wordsOf } from './thai/network.mjs';

const [file, text = 'สำหรับผู้ต้องหาอีก'] = process.argv.slice(2);
const weights = file ? JSON.parse(readFileSync(file, 'utf8')) : anyWeights();
if (!file) console.log('made-up weights: see the head of this file for the real ones');

const cell = segmenter(weights);
console.log(`${cell}`);

// Half of the network reads from the end: a text is a chunk, and each chunk begins anew.
from([rowsOf(text, weights)])
  .pipe(recur(cell, { chunks: true }))
  .subscribe(probabilities => {
    console.log(`${probabilities.length} code points`);
    if (file) console.log(wordsOf(text, labelsOf(probabilities)).join(' | '));
  });

// One code point at a time there is no answer.
from(rowsOf(text, weights))
  .pipe(recur(cell))
  .subscribe({ error: ({ message }) => console.log(message) });
