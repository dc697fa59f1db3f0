import type { AnyCell } from '../../streams/cell.js';
import type { Dialect } from './activations.js';
import type { Serialized } from './classes.js';
import type { Fields } from './fields.js';
import type { Weights } from './weights.js';

/** What goes from one layer to the next, without the batch. */
export interface Flow {
  /** Features of a step, or of the one vector. */
  readonly size: number;
  /** True where Keras has an axis of time. */
  readonly sequence: boolean;
  /** How many steps a sequence has, where the file says so. */
  readonly steps?: number | undefined;
  /** True for the one step that a whole sequence became. */
  readonly lone?: boolean;
  /** True where Keras has the steps from the last to the first, and cells here the other way. */
  readonly reversed?: boolean | undefined;
  /** True in a window that a layer began: a vector that is read as steps. */
  readonly windowed?: boolean | undefined;
  /** True for steps of one of several inputs, which are a window of their own. */
  readonly branch?: boolean | undefined;
  /** Set where Keras has another axis before the steps: each event is a window of those steps. */
  readonly outer?: { readonly steps: number | undefined } | undefined;
}

/** Where a vector is read as so many steps of that size, or where steps become one vector. */
export type Bracket =
  | { readonly window: number; readonly size: number }
  | { readonly window: 'end' };

/** A cell, or a place among cells. */
export type Part =
  | AnyCell
  | Bracket
  | { readonly tap: string }
  | { readonly read: readonly string[] };

/** A layer of Keras as cells of this library, in a row, some of them in windows. */
export interface Built {
  readonly members: readonly Part[];
  readonly flow: Flow;
  /**
   * Its outputs beside the first, each made of the first: hidden states. Undefined is for one that
   * has no counterpart here.
   */
  readonly states?: readonly (Built | undefined)[] | undefined;
}

/** Makes the cells, once what comes in is known. */
export type Build = (inputs: readonly Flow[], weights: Weights) => Built;

/** What a reader of layers is told, and whom it tells. */
export interface LayerContext {
  readonly dialect: Dialect;
  /** True where masks are to be left out. */
  readonly ignoreMasks: boolean;
  /** Takes a reason why the layer cannot run here; all are collected. */
  problem(why: string): void;
  /** The same, of what comes out only when sizes are known: nothing follows. */
  refuse(why: string): never;
  /** How many inputs the layer has. */
  readonly inputs: number;
  /** True in a Sequential, where all outputs of a layer go to the next. */
  readonly isRow: boolean;
  /** Says that the layer has a state, and if Keras keeps it from one call to the next. */
  hasState(isKept: boolean): void;
  /** Says that the layer looks ahead or changes the number of steps: so does the model then. */
  needsWhole(): void;
  /** True if some layer of the model does. */
  isWhole(): boolean;
}

/** What a reader of layers is told that may have models within. */
export interface ReaderContext extends LayerContext {
  /** Reads a model that begins anew at each step of the model around it. */
  modelAtEach(inner: Serialized): Build;
}

/** Looks at a layer's config, tells what cannot be read, and says how to make the rest. */
export type ReadLayer = (config: Fields, context: ReaderContext) => Build;

/** True where a recurrent layer without sequences answers once, and not at each step. */
export function answersOnce({ windowed = false }: Flow, context: LayerContext): boolean {
  return windowed || context.isWhole();
}

/** The only input of a layer that has one. */
export function onlyInput(inputs: readonly Flow[], { refuse }: LayerContext): Flow {
  if (inputs.length !== 1) refuse(`${inputs.length} inputs`);
  return inputs[0];
}

/** Why a layer that begins elsewhere than at zeros is refused. */
export const initialStates = 'an initial state that comes from other layers';

/** Why layers that hide steps are refused. */
export const masks = "masks: masking: 'ignore' reads the model without, and mapSequences takes one";
