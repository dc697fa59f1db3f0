/**
 * Five minutes of a real ECG, streamed sample by sample through two small recurrent nets: one
 * forecasts the signal, one flags ventricular beats. `npm start`, or `npm start -- --help`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { readBaselines } from './baselines.mjs';
import { readModels } from './models.mjs';
import { picture } from './picture.mjs';
import { hz, readRecording, recordedHz, split } from './recording.mjs';
import { caveats, flagScores, forecastErrors, markdown, report, speedOf } from './report.mjs';
import { rmse } from './scoring.mjs';
import { view } from './terminal.mjs';
import { play, watch } from './watch.mjs';

// Seconds in the picture: as many ventricular beats as elsewhere, an unclear one that is flagged,
// and forecasts a little worse than in the mean.
const [begin, end] = [270, 282];

function readOptions() {
  const own = fileURLToPath(new URL('out/ecg-208.svg', import.meta.url));
  const { live, speed, svg, smoke, figures } = new Command('npm start --')
    .description('Streams a real ECG through two small nets and compares them with simple methods.')
    .option('--live', 'as fast as the heart beat: five minutes')
    .option('--speed <n>', 'n times as fast as the heart beat', positive)
    .option('--svg <file>', 'where the picture goes (default: examples/ecg/out/ecg-208.svg)')
    .option('--smoke', 'figures only: nothing drawn, no file written that no option names')
    .option('--figures <page>', 'a page of Markdown whose tables of figures are written anew')
    .parse()
    .opts();
  const pace = speed ?? (live ? 1 : undefined);
  return { speed: pace, svg: svg ?? (smoke ? undefined : own), smoke, figures };
}

function positive(text) {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('A number above 0, please.');
}

const units = ({ params: [, { weightHh }] }) => weightHh.shape[1];
const milliseconds = horizons => horizons.map(rows => (rows * 1000) / hz);
const list = items => `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** Puts the tables between the two marks of a page. */
function writeFigures(page, figures) {
  const [begin, end] = ['<!-- figures: begin -->', '<!-- figures: end -->'];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page}: expected ${begin} … ${end}`);
  const head = text.slice(0, from + begin.length);
  writeFileSync(page, `${head}\n\n${markdown(figures)}\n\n${text.slice(to)}`);
}

/** The picture's text; `errors` in mV, of the whole part that is measured. */
function draw(seen, beats, errors, { flag, horizons }) {
  const [mv, ahead] = [seen.map(row => row.mv), seen.map(row => row.ahead[2])];
  const here = rmse(ahead, mv, horizons[2], begin * hz - horizons[2], end * hz);
  return picture({
    seen,
    beats,
    begin,
    end,
    threshold: flag.threshold,
    reach: flag.reachMs,
    title: 'Two small recurrent nets follow an ECG, one sample at a time',
    subtitle:
      'MIT-BIH Arrhythmia Database (PhysioNet, ODC-By 1.0), record 208, lead MLII. ' +
      `A GRU of ${units(models.forecast)} forecasts, a GRU of ${units(models.flag)} flags.`,
    notes: [
      'N normal, V ventricular, U unclear: self-made labels, by a script, from the width of the ' +
        'QRS. One patient; no medical device.',
      `Trained on 0 to ${split / hz} s. Error of the forecast (RMSE): ${here.toFixed(2)} mV ` +
        `in this picture, ${errors.gru[2].toFixed(2)} mV ` +
        `on all of ${split / hz} to ${seen.length / hz} s.`,
    ],
  });
}

process.stdout.on('error', error => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const options = readOptions();
const { rows, beats } = readRecording();
const models = readModels();
const baselines = readBaselines();

const length = `${rows.length / hz} s at ${hz} Hz`;
console.log(`A real ECG: MIT-BIH record 208, lead MLII, ${length}, brought there from
${recordedHz} Hz by prepare.py. Two nets, trained with PyTorch on the first ${split / hz} s, answer
each sample as it comes. The forecast, ${list(milliseconds(baselines.horizons))} ms ahead, in mV:
  ${models.forecast}
and the flag, the probability of a ventricular beat:
  ${models.flag}`);

if (!options.smoke) console.log('');
const look = options.smoke ? {} : view(process.stdout, baselines.flag.threshold);
const seen = await lastValueFrom(
  play(rows, options.speed).pipe(watch(models, baselines), tap(look), toArray()),
);

const errors = forecastErrors(seen, baselines);
const scores = flagScores(seen, beats, baselines);
const speeds = [models.forecast, models.flag].map(model => speedOf(model, rows));
const figures = { errors, scores, speeds, models, baselines };
const share = Math.round(100 * (1 - split / rows.length));
console.log(
  `\nOn the last ${(rows.length - split) / hz} s (${share} %), which nothing was fitted on:\n`,
);
for (const line of report(figures)) console.log(line);
console.log('');
for (const line of caveats(scores, baselines)) console.log(line);

if (options.figures) writeFigures(options.figures, figures);
if (options.svg) {
  mkdirSync(dirname(options.svg), { recursive: true });
  writeFileSync(options.svg, draw(seen, beats, errors, baselines));
  console.log(`\nSeconds ${begin} to ${end} as a picture: ${relative('', options.svg)}`);
}
