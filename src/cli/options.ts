import type { AnswerFormat, RowFormat } from './format.js';
import type { Modules } from './modules-option.js';
import type { OnnxAnswers } from './onnx-option.js';

/** What says where rows are, and how they are written. */
export type RowOptions = Pick<
  RunOptions,
  'file' | 'inputFormat' | 'delimiter' | 'header' | 'maxRowBytes'
>;

/** The command line of `rxrecur run`, checked as far as it can be without the model. */
export interface RunOptions {
  readonly model: string;
  readonly modules?: Modules;
  readonly stateless?: true;
  readonly onnx?: OnnxAnswers;
  /** '-' is stdin. */
  readonly file: string;
  /** Of one input names with commas between them; of several a text each, `x=a,b`. */
  readonly columns?: readonly string[];
  readonly inputFormat?: RowFormat;
  readonly outputFormat?: AnswerFormat;
  /** Of CSV: one character. */
  readonly delimiter?: string;
  /** False: the first record of CSV is a row. */
  readonly header: boolean;
  readonly output?: string;
  readonly append?: true;
  readonly names?: readonly string[];
  readonly keep?: readonly string[];
  readonly resetOn?: string;
  readonly key?: string;
  readonly forecast?: number;
  /** A file. */
  readonly scale?: string;
  readonly state?: string;
  /** Seconds. */
  readonly stateEvery?: number;
  readonly onError: 'stop' | 'skip';
  readonly maxRowBytes: number;
}
