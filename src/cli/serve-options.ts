import type { AnswerFormat } from './format.js';
import type { LogPlace } from './log-places.js';
import type { ModelOptions } from './model-file.js';
import type { RowOptions } from './options.js';
import type { Source, Target } from './serve-places.js';

/** The command line of `rxrecur serve`, checked as far as it can be without the model. */
export interface ServeOptions extends ModelOptions, Omit<RowOptions, 'file'> {
  readonly model: string;
  readonly state: LogPlace;
  readonly job: string;
  readonly source: Source;
  readonly target: Target;
  /** The source as it was told, for messages. */
  readonly from: string;
  readonly key?: string;
  readonly columns?: readonly string[];
  readonly names?: readonly string[];
  readonly keep?: readonly string[];
  readonly resetOn?: string;
  readonly forecast?: number;
  /** A file. */
  readonly scale?: string;
  readonly outputFormat?: AnswerFormat;
  /** Whether outputs are stored with the states, or go to --to first. */
  readonly outputs: 'atomic' | 'msgid';
  readonly onError: 'stop' | 'skip';
  readonly partitions?: number;
  readonly fromOffset?: number;
  readonly workers: number;
  /** A port. */
  readonly metrics?: number;
  /** Seconds. */
  readonly lease: number;
}

/** The same before places are read from their texts. */
export interface ServeTexts extends Omit<ServeOptions, 'state' | 'source' | 'target'> {
  readonly state: string;
  readonly to?: string;
  /** A file. */
  readonly creds?: string;
}
