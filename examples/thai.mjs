// Thai is written without spaces: a bidirectional LSTM finds the words.
//
//   node examples/thai.mjs --help
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { from } from 'rxjs';
import { recur } from 'rxrecur';
import { anyWeights, labelsOf, rowsOf, segmenter, wordsOf } from './thai/network.mjs';

const usage = `Usage: node examples/thai.mjs [weights.json] [text]

weights.json  Models/Thai_codepoints_exclusive_model4_heavy/weights.json of
              https://github.com/unicode-org/lstm_word_segmentation, licence Unicode-3.0
Without it the weights are made up: the same network, but it finds no words.`;

const options = { help: { type: 'boolean', short: 'h' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
if (values.help) {
  console.log(usage);
  process.exit();
}
const [file, text = 'สำหรับผู้ต้องหาอีก'] = positionals;
const weights = file ? JSON.parse(readFileSync(file, 'utf8')) : anyWeights();
if (!file) console.log('made-up weights: --help says where the real ones are');

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
