import { type Command, InvalidArgumentError, Option } from 'commander';
import { answerFormats, rowFormats } from './format.js';
import { withModelOptions } from './model-command.js';
import { names } from './names.js';
import { answerOptions, bytes, columns, delimiter, longestRow } from './row-options.js';
import { checkServe } from './serve-checks.js';
import type { ServeOptions, ServeTexts } from './serve-options.js';
import { checkCreds, sourceOf, stateOf, targetOf } from './serve-places.js';

const more = `
Rows are read as 'rxrecur run' reads them, and stored as events in the log before
they are stepped. States, offsets and outputs are stored together or not at all: after
a kill the same command goes on, and --to FILE becomes what it would have been. Of a
file, rows that are stored are passed over, so add rows at its end. Of stdin, rows that
were read and not yet stored are lost by a kill. A message of MQTT is a row of NDJSON,
and is acknowledged when it is stored: one that a broker sends twice is stepped twice.

--keep, --reset-on, --scale and --forecast are those of 'rxrecur run'. An event holds
the numbers of its row, not scaled, the kept texts and whether it resets, so that each
job on a log may scale and forecast in its own way; --scale needs --columns, unless its
file has no names. A row whose answer is not finite is a dead letter, told on stderr.

A log as --from has the events already, and nothing is stored but states and outputs;
--state nats, or redis, is then the same log. An event of other programs is a row of
NDJSON, whose inputs --columns names, or a vector. tls:// and rediss:// are the same
over TLS; user and password stand in the URL. --to nats://HOST/SUBJECT publishes each
output to SUBJECT.PARTITION, with its id as Nats-Msg-Id; a stream has to take these.
With --outputs msgid it does so before the states are stored, and the log keeps none.

--to FILE has each output once, and each line an id, job:partition:sequence:k. Within
a partition lines are in the order of the events; with --partitions 1 all are. --to
file:DIR makes the outputs the events of another log. Stdout has what is stored from
now on: after a kill, a few that were stored and not yet written are in the log alone.

Several commands with the same --state and --job share the partitions, and so do the
threads of --workers: give all but one of them --from none. SIGTERM hands the
partitions over. Another --job on the same log is another model beside the first; it
begins at the first event, or at --from-offset, and then goes on where it stands.

The log has as many partitions as it was made with (--partitions, by default 8). The
events of a key are in one partition; without --key all rows are of one key.

Exit codes:
  0    all rows are stepped, or SIGTERM has come and all is handed over
  1    a bad row; those before it are stored and stepped
  2    the command line, the model, the log or a file can't be used
  129, 130   ended by SIGHUP, SIGINT (Ctrl-C), handed over
  70   a fault of rxrecur

Examples:
  $ rxrecur serve model.safetensors --state file:jobs --job alarms \\
      --from sensors.csv --key sensor -c x,dx --to alarms.ndjson
  $ sensor | rxrecur serve model.safetensors --state lmdb:jobs --job alarms
  $ rxrecur serve new.safetensors --state file:jobs --job alarms-2 --from none`;

/** Adds `serve` to the program. */
export function addServe(program: Command): void {
  const command = withModelOptions(program.command('serve'))
    .summary('step a model with a stream of rows whose states survive a kill')
    .description(
      'Stores rows in a log and steps a model with them, a state for each key. States, offsets ' +
        'and outputs move together or not at all.',
    )
    .argument('<model>', 'a model file of any format (see rxrecur inspect --help)');
  for (const option of options) command.addOption(option);
  command
    .addHelpText('after', more)
    .action(async (model: string, given: Omit<ServeTexts, 'model'>) => {
      const options = placed({ ...given, model });
      // Help and errors of the command line need none of the rest.
      const { serve } = await import('./serve.js');
      await serve(options);
    });
}

/** The option --state of `serve` and of `state`. */
export const stateOption = () =>
  new Option(
    '--state <log>',
    'the log: lmdb:DIR (npm install lmdb), file:DIR, nats://HOST/NAME, redis://HOST/NAME',
  ).makeOptionMandatory();

export const jobOption = () =>
  new Option('--job <name>', "the job's name in the log").argParser(job).makeOptionMandatory();

export const credsOption = () =>
  new Option('--creds <file>', 'credentials of NATS, as nsc writes them');

const options: readonly Option[] = [
  stateOption(),
  jobOption(),
  new Option(
    '--from <source>',
    "rows: a file, '-' (stdin), mqtt://HOST/TOPIC; a log whose events they are; or none",
  ).default('-'),
  new Option('--to <place>', 'outputs: a file, a log, or nats://HOST/SUBJECT (default: stdout)'),
  credsOption(),
  new Option('--outputs <mode>', 'store outputs with the states, or send them to --to first')
    .choices(['atomic', 'msgid'])
    .default('atomic'),
  new Option('-c, --columns <names>', "the model's inputs, in order").argParser(columns),
  new Option('--names <names>', 'names of the outputs (default: y1,y2,...)').argParser(names),
  ...answerOptions('outputs'),
  new Option('--input-format <format>', 'how the rows are written').choices(rowFormats),
  new Option('--output-format <format>', 'how the outputs are written').choices(answerFormats),
  new Option('--delimiter <character>', "of CSV: ';', tab (default: ,)").argParser(delimiter),
  new Option('--no-header', 'of CSV: the first line is a row'),
  new Option('--on-error <action>', 'what a bad row does')
    .choices(['stop', 'skip'])
    .default('stop'),
  new Option('--max-row-bytes <bytes>', 'the longest row').argParser(bytes).default(longestRow),
  new Option('--partitions <count>', 'of a new log (default: 8)').argParser(whole(1, 4096)),
  new Option(
    '--from-offset <offset>',
    'a new job begins at this event of each partition',
  ).argParser(whole(1, Number.MAX_SAFE_INTEGER)),
  new Option('--workers <count>', 'threads that share the partitions')
    .argParser(whole(1, 256))
    .default(1),
  new Option('--metrics <port>', "Prometheus' /metrics, and /healthz, on 127.0.0.1").argParser(
    whole(1, 65_535),
  ),
  new Option('--lease <seconds>', 'after which others take what a dead worker had')
    .argParser(seconds)
    .default(5),
];

/** Reads the places from their texts. Throws a Stop for options that would do nothing. */
function placed({ state, to, creds, ...rest }: ServeTexts): ServeOptions {
  const { from } = rest;
  checkCreds(creds, [state, from, to]);
  const source = sourceOf(from, creds);
  const target = targetOf(to, creds);
  const options = { ...rest, state: stateOf(state, from, creds), source, target };
  checkServe(options);
  return options;
}

function job(text: string): string {
  if (text.length > 0 && Buffer.byteLength(text) <= 80 && !/[\r\n,"]/.test(text)) return text;
  throw new InvalidArgumentError('Expected 1 to 80 bytes without commas, quotes and line ends.');
}

function whole(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 0.1 && value <= 3600) return value;
  throw new InvalidArgumentError('Expected seconds, from 0.1 to 3600.');
}
