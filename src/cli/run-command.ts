import { type Command, InvalidArgumentError, Option } from 'commander';
import { answerFormats, rowFormats } from './format.js';
import { withModelOptions } from './model-command.js';
import { names } from './names.js';
import type { RunOptions } from './options.js';
import { answerOptions, bytes, columns, delimiter, longestRow } from './row-options.js';
import { unusable } from './stop.js';

const more = `
Input is UTF-8: NDJSON (on each line an object, or an array, whose columns are
named 0, 1, 2 ...), one JSON array of such rows, CSV with a header, or TSV, which is
CSV with tabs. Unless --input-format tells which, the file's ending does (.csv,
.tsv, .ndjson, .jsonl), or else the first bytes: { or [ begins JSON, and [ with a
row in it an array. Lines end with LF, CR LF or, if the first one does, CR alone;
blank lines are no rows. Without --columns the inputs are all columns but those of
--keep, --reset-on and --key, or all numeric ones, if they are as many as the model
has inputs. A model whose inputs have names takes the columns of each: -c x=a,b
-c m=c. Of outputs that have names, z and h, the answers' columns are z1, z2 ...
h1 ... In JSON, d.temp is what lies in d, unless a column has that very name.

Answers are NDJSON, CSV or TSV as --output-format or the ending of --output tells
(.json is NDJSON), or else as the input. --delimiter is that of CSV, in and out. A
number has the fewest digits that give its float32 back. The columns of --keep leave
as they came, digit for digit.

A row resets the state, before it is answered, if its --reset-on column holds
anything other than empty, 0, false or null; with --key, the state of its key. A key
is text or a number as it is written, and its state lasts until the run ends. A bad
row ends the run: one that is not JSON or CSV, is too long or nested more than 1000
levels deep, has a field too many or too few, lacks a column or a key, has something
other than a finite number for an input, or gives an answer that is not finite. With
--on-error skip it is reported and gets no answer, and nothing of it counts, its
--reset-on column neither. A quote or an array that is never closed ends the run in
any case: the rows after it are lost.

--forecast goes on from each row on a copy of the state, on the outputs, which must
be as many as the inputs: the columns y1+1, y2+1, y1+2 ... --scale takes CSV or a
JSON array with name, mean and scale of each input column, or the attributes of
scikit-learn's StandardScaler as JSON: the model gets (x - mean) / scale. An answer
is scaled back if its name is in the file; those of a forecast as the inputs are.

--state holds the place after the last row whose answer has gone out, and the
number of rows up to there. It is replaced in one step, and refused if it is
damaged, of another model or --key, or in use by another run. It also holds the
length of the --output file: a run that goes on after an interrupted one (a kill, a
signal, a full disk, a bad row) first cuts the file to that length, with --append or
without. After a run that came to the end of its rows --output is replaced, or
added to with --append. Answers on stdout or in a pipe can't be taken back: after
a kill, those since the last save come twice.

Exit codes:
  0    all rows answered or skipped, or nobody reads the answers any more
  1    a bad row
  2    the command line, the model, a column or a file can't be used
  129, 130, 143   ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM
  70   a fault of rxrecur

Examples:
  $ rxrecur run model.safetensors data.csv -c x,dx --keep time -o answers.csv
  $ sensor | rxrecur run model.safetensors --state place.json | alarm
  $ rxrecur run model.safetensors log.ndjson --reset-on restarted --on-error skip
  $ rxrecur run model.safetensors house.csv -c celsius --key room --forecast 12`;

/** Adds `run` to the program. */
export function addRun(program: Command): void {
  const command = withModelOptions(program.command('run'))
    .summary('answer the rows of a stream, each as soon as it arrives')
    .description(
      'Steps a model through a stream of rows and writes one answer a row, as soon as the row is ' +
        'there. Reads no faster than the answers are taken.',
    )
    .argument('<model>', 'a model file of any format (see rxrecur inspect --help)')
    .argument('[file]', "the rows; '-' is stdin", '-');
  for (const option of options) command.addOption(option);
  command
    .addHelpText('after', more)
    .action(async (model: string, file: string, given: Omit<RunOptions, 'model' | 'file'>) => {
      checkTogether(given);
      // Help and errors of the command line need none of the rest.
      const { run } = await import('./run.js');
      await run({ ...given, model, file });
    });
}

const options: readonly Option[] = [
  new Option('-c, --columns <names>', "the model's inputs, in order").argParser(columns),
  new Option('--input-format <format>', 'how the rows are written').choices(rowFormats),
  new Option('--output-format <format>', 'how the answers are written').choices(answerFormats),
  new Option('--delimiter <character>', "of CSV: ';', tab (default: ,)").argParser(delimiter),
  new Option('--no-header', 'of CSV: the first line is a row'),
  new Option('-o, --output <file>', 'where the answers go (default: stdout)'),
  new Option('--append', 'keep what --output has, and add to it'),
  new Option('--names <names>', 'names of the outputs (default: y1,y2,...)').argParser(names),
  ...answerOptions('answers'),
  new Option('--state <file>', 'go on where the last run stopped, and keep the place here'),
  new Option('--state-every <seconds>', 'how often it is kept on the way (default: 10)').argParser(
    seconds,
  ),
  new Option('--on-error <action>', 'what a bad row does')
    .choices(['stop', 'skip'])
    .default('stop'),
  new Option('--max-row-bytes <bytes>', 'the longest row').argParser(bytes).default(longestRow),
];

/** Throws a Stop for options of which one would do nothing. */
function checkTogether(options: Omit<RunOptions, 'model' | 'file'>): void {
  const { append, output, stateEvery, state, stateless, key, resetOn } = options;
  if (append && output === undefined) throw unusable('--append needs --output');
  if (stateEvery !== undefined && state === undefined)
    throw unusable('--state-every needs --state');
  if (!stateless) return;
  for (const [name, value] of Object.entries({ '--key': key, '--reset-on': resetOn })) {
    if (value === undefined) continue;
    throw unusable(
      `${name}: expected a state that goes on, got --stateless; leave out one of them`,
    );
  }
}

function seconds(text: string): number {
  const value = Number(text);
  // More than setInterval can wait would be no wait at all.
  if (value > 0 && value <= 1e6) return value;
  throw new InvalidArgumentError('Expected seconds, more than 0 and at most 1000000.');
}
