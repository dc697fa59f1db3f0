import type { EquationSpec } from './spec.js';

/** Numbers that move to the output: from an input, by its index, or from the state, -1. */
export interface Move {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Numbers in another order, from several vectors, and from steps before: the state is what the
 * output's last numbers were. What nothing moves to is 0.
 */
export interface MoveSpec {
  readonly kind: 'move';
  readonly inputs: readonly number[];
  readonly size: number;
  readonly state: number;
  readonly moves: readonly Move[];
}

/** Vectors of one size added up, or multiplied, element by element. */
export interface CombineSpec {
  readonly kind: 'combine';
  readonly by: 'add' | 'multiply';
  readonly count: number;
  readonly size: number;
}

/** A row of a table `[count, size]` by its index. */
export interface LookupSpec {
  readonly kind: 'lookup';
  readonly count: number;
  readonly size: number;
  readonly table: Float32Array;
}

export type UnitSpec = EquationSpec | MoveSpec | CombineSpec | LookupSpec;

/** A part of a model that runs as one program: what it does, and on what. */
export interface Unit {
  readonly spec: UnitSpec;
  /** Whose outputs it reads: indices of earlier units; -1 is the model's input. */
  readonly from: readonly number[];
  /** Its name in messages: `chain[0].lstm`. */
  readonly where: string;
}

/** Lengths of the vectors that a unit reads. */
export function inputSizes(spec: UnitSpec): readonly number[] {
  if (spec.kind === 'equations') return [spec.sizes.input];
  if (spec.kind === 'move') return spec.inputs;
  return spec.kind === 'lookup' ? [1] : Array<number>(spec.count).fill(spec.size);
}

export function outputSize(spec: UnitSpec): number {
  if (spec.kind !== 'equations') return spec.size;
  const { nodes, output } = spec.definition.plan;
  return spec.sizes[nodes[output].dimension];
}

/** Lengths of a unit's states. */
export function stateSizes(spec: UnitSpec): readonly number[] {
  if (spec.kind === 'equations') {
    return spec.definition.plan.states.map(({ dimension }) => spec.sizes[dimension]);
  }
  return spec.kind === 'move' && spec.state ? [spec.state] : [];
}

/** Length of the vector that the whole program reads. */
export function modelInput(units: readonly Unit[]): number {
  for (const { spec, from } of units) {
    const i = from.indexOf(-1);
    if (i >= 0) return inputSizes(spec)[i];
  }
  return 1;
}

/** Units one after another, each reading the one before it. */
export function inRow(specs: readonly UnitSpec[]): Unit[] {
  return specs.map((spec, i) => ({ spec, from: [i - 1], where: `[${i}]` }));
}

/** The units that must see finite numbers: what they make of others would tell nothing. */
export function checksInput({ kind }: UnitSpec): boolean {
  return kind === 'equations' || kind === 'lookup';
}

/**
 * The outputs that are to be checked before each unit runs: of units it reads, once each. The
 * model's own input is checked where it is read.
 */
export function checkedBefore(units: readonly Unit[]): readonly (readonly number[])[] {
  const seen = new Set([-1]);
  return units.map(({ spec, from }) => {
    const own = checksInput(spec) ? [...new Set(from)].filter(u => !seen.has(u)) : [];
    for (const u of own) seen.add(u);
    return own;
  });
}
