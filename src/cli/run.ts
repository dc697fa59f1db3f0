import { internals } from '../streams/cell.js';
import { Answering } from './answering.js';
import { Delivery } from './delivery.js';
import type { RowFormat } from './format.js';
import { outputFormat } from './formats.js';
import { lockState } from './lock.js';
import { type Model, readModel } from './model-file.js';
import type { RunOptions } from './options.js';
import { type Output, openOutput, openStdout } from './output.js';
import { OutputFile } from './output-file.js';
import { answerNames, checkForecast, columnsOf, type Size, totalOf } from './ports.js';
import { Progress } from './progress.js';
import { readScaling } from './read-scaling.js';
import { rowLines } from './row-lines.js';
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
  const { file, output: path, state: statePath, stateEvery: seconds = 10 } = options;
  const { key, forecast, scale } = options;
  const sizes: { readonly inputSize: Size; readonly outputSize: Size } = layer;
  const inputSize = totalOf(sizes.inputSize);
  const columns = columnsOf(options.columns, sizes.inputSize);
  if (forecast !== undefined) checkForecast(sizes.inputSize, sizes.outputSize);
  const told = {
    columns,
    outputs: answerNames(options, sizes.outputSize, options.keep),
    inputSize,
  };
  checkOutput(path, [options.model, file, statePath, scale]);
  const scaling = scale === undefined ? undefined : await readScaling(scale);
  const stream = new RowStream(layer, { keyed: key !== undefined, ahead: forecast ?? 0 });
  const state = statePath === undefined ? undefined : new StateFile(statePath, sha256, key);
  const saved = state?.read();
  if (saved) stream.restore(saved, statePath as string);

  const format = outputFormat(options);
  const output = path === undefined ? openStdout() : openFile(path, options, saved);
  if (output instanceof OutputFile) for (const note of output.notes) await complain(note);
  const position = () => stream.position();
  const keeper = state && new StateKeeper({ file: state, output, position, seconds, stop });
  const progress = new Progress(path === undefined);
  const delivery = new Delivery(output, progress, stop.signal, keeper);
  const { head } = output;
  const parts = { options, outputFormat: format, scaling, head, stream, delivery, progress };
  const answering = new Answering({ ...told, ...parts });
  const failure = await failureOf(answerAll(answering, options, stop.signal));
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
  options: RunOptions,
  stop: AbortSignal,
): Promise<void> {
  let format: RowFormat | undefined;
  for await (const some of rowLines(options, stop)) {
    ({ format } = some);
    if (some.lines.length) await answering.answer(some.lines, some.format);
  }
  await answering.end(format);
}
