import type { LogEvent } from '../durable/event.js';
import { mismatch } from '../errors.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { keysWhere } from '../operators/keys-where.js';
import type { Forecast } from '../streams/ahead.js';
import { isTable } from './format.js';
import { checkForecast, columnsOf, eventOf, numbersOf, type Size, totalOf } from './ports.js';
import { readScaling } from './read-scaling.js';
import { checkFinite } from './row-stream.js';
import { type Scale, type Scaling, scalesOf } from './scaling.js';
import {
  eventReader,
  type Kept,
  type RowKind,
  readerOf,
  type ServedEvent,
} from './serve-events.js';
import { serveFormat } from './serve-format.js';
import type { ServeOptions } from './serve-options.js';
import { unusable } from './stop.js';

/** The model of a job, and what the command line says of its events and outputs. */
export interface JobModel {
  readonly options: ServeOptions;
  readonly layer: LoadedLayer;
  readonly inputSize: number;
  readonly outputSize: Size;
  /** Of its inputs, in order, if they were chosen. */
  readonly columns: readonly string[] | undefined;
  readonly scaling: Scaling | undefined;
  readonly scales: readonly Scale[];
}

/** An output with kept fields beside it, as a record holds it. */
export interface KeptOutput {
  readonly y: unknown;
  readonly kept: Kept;
  readonly as: RowKind;
}

/** Reads the file of --scale. Throws a Stop for options that do not fit the model. */
export async function openJob(options: ServeOptions, layer: LoadedLayer): Promise<JobModel> {
  const { inputSize: size, outputSize } = layer as Record<'inputSize' | 'outputSize', Size>;
  const { scale, forecast } = options;
  const columns = columnsOf(options.columns, size);
  const inputSize = totalOf(size);
  if (forecast !== undefined) checkForecast(size, outputSize);
  const scaling = scale === undefined ? undefined : await readScaling(scale);
  if (scaling?.hasNames && !columns) {
    const why = 'an event holds numbers without names';
    throw unusable(`--scale ${scale}: expected --columns with it, got none; ${why}`);
  }
  const scales = scaling?.ofInputs(columns ?? Array(inputSize).fill('')) ?? [];
  return { options, layer, inputSize, outputSize, columns, scaling, scales };
}

/** What scales each output back, if anything does. */
export function scalesBack({ options, scaling, scales }: JobModel, outputs: readonly string[]) {
  return scalesOf(scaling, outputs, scales, options.forecast !== undefined);
}

/** What `fromStream` is told to make of the bytes of an event. */
export function decoderOf({ options, columns, inputSize }: JobModel) {
  return eventReader({ ...options, columns }, inputSize);
}

/** What `durable` is told of the model: inputs of events, resets, outputs as records hold them. */
export function modelOptions({ options, layer, inputSize, outputSize, scales }: JobModel) {
  const { resetOn, forecast, keep } = options;
  const toEvent = eventOf((layer as { readonly inputSize: Size }).inputSize);
  const select = ({ value: { x } }: LogEvent<ServedEvent>) => {
    if (x.length !== inputSize) throw mismatch('event', `${inputSize} numbers`, `${x.length}`);
    const scaled = scales.length ? scales.map(({ mean, scale }, i) => (x[i] - mean) / scale) : x;
    return toEvent(Float32Array.from(scaled));
  };
  const flat = flattener(outputSize, forecast);
  const isTexts = isTable(serveFormat(options));
  const project = (answer: unknown, { value }: LogEvent<ServedEvent>) => {
    const numbers = flat(answer);
    const y = forecast === undefined ? answer : numbers;
    if (!keep) return y;
    const { kept, as } = value;
    // A text that the answers can't hold makes a dead letter, as it makes a bad row elsewhere.
    if (isTexts) for (const text of Object.values(kept)) readerOf(as).csv(text);
    return { y, kept, as } satisfies KeptOutput;
  };
  const reset = resetOn === undefined ? undefined : keysWhere(resets);
  return { model: layer, select, project, reset, forecast };
}

const resets = ({ value }: LogEvent<ServedEvent>) => value.resets;

/** The numbers of an answer, all finite: output after output, and step after step ahead. */
function flattener(size: Size, forecast: number | undefined): (answer: unknown) => Float32Array {
  const numbers = numbersOf(size);
  if (forecast === undefined) return answer => checkFinite(numbers(answer));
  const total = totalOf(size);
  return answer => {
    const { y, ahead } = answer as Forecast<unknown>;
    const all = new Float32Array(total * (1 + ahead.length));
    for (const [i, one] of [y, ...ahead].entries()) all.set(checkFinite(numbers(one)), i * total);
    return all;
  };
}
