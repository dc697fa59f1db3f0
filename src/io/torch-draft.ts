import type { Activation } from '../graph/activations.js';
import type { Padding } from '../graph/steps.js';
import type { AnyCell } from '../streams/cell.js';
import type { TensorClaims } from './tensor-claims.js';

/** What names and shapes do not tell of a module. */
export interface StateDictModule {
  /** What it is, where its tensors could be several modules'. */
  readonly kind?: StateDictKind | undefined;
  /** Of `Linear` and convolutions, after them; of `RNN`, its nonlinearity. */
  readonly activation?: Activation | undefined;
  /** Of norms, by default 1e-5. */
  readonly epsilon?: number | undefined;
  /** Of convolutions, by default 1. */
  readonly dilation?: number | undefined;
  readonly groups?: number | undefined;
  /** Of `Conv1d`, by default 1. */
  readonly stride?: number | undefined;
  /** Of `Conv1d`, as `conv1d` takes it, by default 0. */
  readonly padding?: Padding | undefined;
}

/** Modules that others look like. */
export type StateDictKind =
  | 'Linear'
  | 'Embedding'
  | 'LayerNorm'
  | 'PReLU'
  | 'Conv1d'
  | 'CausalConv1d';

/** A module whose shapes have been read. */
export interface TorchModule {
  readonly prefix: string;
  readonly kind: 'recurrent' | 'BatchNorm1d' | StateDictKind;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Claims its tensors. */
  build(claims: TensorClaims): readonly AnyCell[];
}
