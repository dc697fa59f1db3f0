import { type Command, InvalidArgumentError, Option } from 'commander';
import { withModelOptions } from './model-command.js';
import { names } from './names.js';
import type { RunOptions } from './options.js';
import { unusable } from './stop.js';

const longestRow = 16 * 2 ** 20;

const more = `
Input is UTF-8: NDJSON (on each line an object, or an array, whose columns are
named 0, 1, 2 ...) or CSV with a header. Unless --input-format tells which, the
file's ending does (.csv, .ndjson, .jsonl, .json), or else the first byte: { or [
begins NDJSON. Lines end with LF, CR LF or, if the first one does, CR alone; blank
lines are no rows. Without --columns the inputs are all columns but those of --keep
and --reset-on, or all numeric ones, if they are as many as the model has inputs. A
model whose inputs have names takes the columns of each: -c x=a,b -c m=c. Of outputs
that have names, z and h, the answers' columns are z1, z2 ... h1 ...

Answers are NDJSON or CSV as --output-format or the ending of --output tells, or
else as the input. A number has the fewest digits that give its float32 back. The
columns of --keep leave as they came, digit for digit.

A row resets the state, before it is answered, if its --reset-on column holds
anything other than empty, 0, false or null. A bad row ends the run: one that is
not JSON or CSV, is too long or nested more than 1000 levels deep, has a field too
many or too few, lacks a column, has something other than a finite number for an
input, or gives an answer that is not finite. With --on-error skip it is reported
and gets no answer, and nothing of it counts, its --reset-on column neither. A
quote that is never closed ends the run in any case: the rows after it are lost.

--state holds the place after the last row whose answer has gone out, and the
number of rows up to there. It is replaced in one step, and refused if it is
damaged, of another model, or in use by another run. It also holds the length of
the --output file: a run that goes on after an interrupted one (a kill, a signal,
a full disk, a bad row) first cuts the file to that length, with --append or
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
  $ rxrecur run model.safetensors log.ndjson --reset-on restarted --on-error skip`;

/** Adds `run` to the program. */
export function addRun(program: Command): void {
  withModelOptions(program.command('run'))
    .summary('answer the rows of a stream, each as soon as it arrives')
    .description(
      'Steps a model through a stream of rows and writes one answer a row, as soon as the row is ' +
        'there. Reads no faster than the answers are taken.',
    )
    .argument('<model>', 'a model file of any format (see rxrecur inspect --help)')
    .argument('[file]', "the rows; '-' is stdin", '-')
    .option('-c, --columns <names>', "the model's inputs, in order", columns)
    .addOption(
      new Option('--input-format <format>', 'how the rows are written').choices(['ndjson', 'csv']),
    )
    .addOption(
      new Option('--output-format <format>', 'how the answers are written').choices([
        'ndjson',
        'csv',
      ]),
    )
    .option('-o, --output <file>', 'where the answers go (default: stdout)')
    .option('--append', 'keep what --output has, and add to it')
    .option('--names <names>', 'names of the outputs (default: y1,y2,...)', names)
    .option('-k, --keep <names>', 'columns to copy to the answers', names)
    .option('--reset-on <column>', 'begin anew before a row where this column is true')
    .option('--state <file>', 'go on where the last run stopped, and keep the place here')
    .option('--state-every <seconds>', 'how often it is kept on the way', seconds, 10)
    .addOption(
      new Option('--on-error <action>', 'what a bad row does')
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .option('--max-row-bytes <bytes>', 'the longest row', bytes, longestRow)
    .addHelpText('after', more)
    .action(async (model: string, file: string, given: Omit<RunOptions, 'model' | 'file'>) => {
      if (given.append && given.output === undefined) throw unusable('--append needs --output');
      // Help and errors of the command line need none of the rest.
      const { run } = await import('./run.js');
      await run({ ...given, model, file });
    });
}

/** The columns of one input, after those of others: `x=a,b`. */
function columns(text: string, before: readonly string[] = []): string[] {
  names(text.replace(/^[^",]*=(?=.)/, ''));
  return [...before, text];
}

function seconds(text: string): number {
  const value = Number(text);
  // More than setInterval can wait would be no wait at all.
  if (value > 0 && value <= 1e6) return value;
  throw new InvalidArgumentError('Expected seconds, more than 0 and at most 1000000.');
}

function bytes(text: string): number {
  const value = Number(text);
  // More than half of the longest string.
  if (Number.isSafeInteger(value) && value > 0 && value <= 2 ** 28) return value;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${2 ** 28}.`);
}
