import type { Activation } from '../equations/activations.js';
import type { AnyCell } from '../equations/cell.js';
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
}

/** Modules that others look like. */
export type StateDictKind = 'Linear' | 'Embedding' | 'LayerNorm' | 'PReLU' | 'CausalConv1d';

/** A module whose shapes have been read. */
export interface Draft {
  readonly prefix: string;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Claims its tensors. */
  build(claims: TensorClaims): readonly AnyCell[];
}
