import type { AnswerFormat } from './format.js';
import type { ModelOptions } from './model-file.js';
import type { RowOptions } from './options.js';
import type { LogPlace } from './state-log.js';

/** The command line of `rxrecur serve`, checked as far as it can be without the model. */
export interface ServeOptions extends ModelOptions, Omit<RowOptions, 'file'> {
  readonly model: string;
  readonly state: LogPlace;
  readonly job: string;
  /** '-': stdin; 'none': the log gets its events from others; a file; or `mqtt://HOST/TOPIC`. */
  readonly from: string;
  readonly to?: string;
  readonly key?: string;
  readonly columns?: readonly string[];
  readonly names?: readonly string[];
  readonly outputFormat?: AnswerFormat;
  readonly onError: 'stop' | 'skip';
  readonly partitions?: number;
  readonly fromOffset?: number;
  readonly workers: number;
  /** A port. */
  readonly metrics?: number;
  /** Seconds. */
  readonly lease: number;
}
