import { internals } from '../streams/cell.js';
import { Answering } from './answering.js';
import { Delivery } from './delivery.js';
import { formatOfName } from './format.js';
import { readChunks } from './input.js';
import { LineCutter } from './lines.js';
import { lockState } from './lock.js';
import { type Model, readModel } from './model-file.js';
import type { RunOptions } from './options.js';
import { type Output, openOutput, openStdout } from './output.js';
import { OutputFile } from './output-file.js';
import { columnsOf, outputNames, type Size, totalOf } from './ports.js';
import { Progress } from './progress.js';
import { RowStream } from './row-stream.js';
import { checkOutput } from './same-file.js';
import { stopOnSignals } from './signals.js';
import { type Saved, StateFile } from './state-file.js';
import { StateKeeper } from './state-keeper.js';
import { complain, unusable } from './stop.js';

/**
 * Answers the rows of a stream, one by one, until its end. Ends early with a throw of a Stop; the
 * state file then belongs to the answers that have gone out.
 */
export async function run(options: RunOptions): Promise<void> {
  const stop = stopOnSignals();
  const model = await readModel(options.model, options);
  const { why } = model.layer.cell[internals];
  if (why) {
    throw unusable(`${options.model}: it takes sequences as wholes, and rows have no end; ${why}`);
  }
  const release = options.state === undefined ? undefined : await lockState(options.state);
  try {
    await runLocked(options, model, stop);
  } finally {
    release?.();
  }
}

async function runLocked(
  options: RunOptions,
  { layer, sha256 }: Model,
  stop: AbortController,
): Promise<void> {
  const { file, output: path, state: statePath, stateEvery: seconds } = options;
  const sizes: { readonly inputSize: Size; readonly outputSize: Size } = layer;
  const inputSize = totalOf(sizes.inputSize);
  const columns = columnsOf(options.columns, sizes.inputSize);
  const outputs = outputsOf(options, sizes.outputSize);
  checkOutput(path, [options.model, file, statePath]);
  const stream = new RowStream(layer);
  const state = statePath === undefined ? undefined : new StateFile(statePath, sha256);
  const saved = state?.read();
  if (saved) stream.restore(saved, statePath as string);

  const output = path === undefined ? openStdout() : openFile(path, options, saved);
  if (output instanceof OutputFile) for (const note of output.notes) await complain(note);
  const position = () => stream.position();
  const keeper = state && new StateKeeper({ file: state, output, position, seconds, stop });
  const progress = new Progress(path === undefined);
  const delivery = new Delivery(output, progress, stop.signal, keeper);
  const outputFormat = options.outputFormat ?? (path ? formatOfName(path) : undefined);
  const { head } = output;
  const parts = {
    options,
    columns,
    outputFormat,
    inputSize,
    outputs,
    head,
    stream,
    delivery,
    progress,
  };
  const failure = await failureOf(answerAll(new Answering(parts), options, stop.signal));
  progress.end();
  await endKeeper(keeper, failure);
  if (failure !== undefined) throw failure;
}

/** The last save; where it fails, what ended the rows is told before it. */
async function endKeeper(keeper: StateKeeper | undefined, failure: unknown): Promise<void> {
  try {
    keeper?.end(failure === undefined);
  } catch (error) {
    if (failure instanceof Error && failure.message) await complain(failure.message);
    throw error;
  }
}

function openFile(path: string, options: RunOptions, saved?: Saved): Output {
  const { append, state } = options;
  const interrupted = saved && !saved.finished ? { output: saved.output } : undefined;
  return openOutput(path, { append: append === true, state, interrupted });
}

function failureOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function answerAll(
  answering: Answering,
  { file, inputFormat, maxRowBytes }: RunOptions,
  stop: AbortSignal,
): Promise<void> {
  const cutter = new LineCutter(inputFormat ?? formatOfName(file), maxRowBytes);
  for await (const chunk of readChunks(file, stop)) {
    const lines = cutter.cut(chunk);
    if (lines.length && cutter.format) await answering.answer(lines, cutter.format);
  }
  const last = cutter.end();
  if (last.length && cutter.format) await answering.answer(last, cutter.format);
  await answering.end(cutter.format);
}

/** The names of the outputs. Throws a Stop where --names are too many or too few, or taken. */
function outputsOf({ names: given, keep = [] }: RunOptions, size: Size): string[] {
  const outputs = given ?? outputNames(size);
  const total = totalOf(size);
  if (outputs.length !== total) {
    throw unusable(`--names: the model has ${total} outputs, got ${outputs.length} names`);
  }
  const names = [...keep, ...outputs];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return [...outputs];
  throw unusable(`the answers would have two columns ${twice}; choose others with --names`);
}
