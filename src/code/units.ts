import { demand } from '../errors.js';
import { inputsOf, outputsOf } from '../graph/ports.js';
import type { EquationSpec } from '../graph/spec.js';
import type { Emitter } from '../kernels/wasm/emitter.js';
import type { Code } from '../kernels/wasm/module.js';
import type { Place, Rows } from './places.js';

/** Where the numbers of one stream are, for the code of a unit. */
export interface UnitPlaces {
  readonly inputs: readonly Place[];
  readonly output: Place;
  readonly now: Place;
  readonly next: Place;
  /** Offset of the state in a block, in bytes. */
  readonly state: number;
  /** The rows of its table. */
  readonly table: number;
  /** What the function answers where the unit refuses its input. */
  readonly refusal: number;
}

/** Runs a unit on the j-th of each of its sources; false where it cannot take them. */
export type RunUnit = (
  memory: Float32Array,
  sources: readonly Rows[],
  j: number,
  now: number,
  next: number,
  y: number,
) => boolean;

/** A unit that is no equations: it brings the code of both backends itself. */
export interface OtherSpec {
  readonly kind: string;
  /** Lengths of the vectors that it reads. */
  readonly inputs: readonly number[];
  /** Length of its output. */
  readonly size: number;
  /** Length of its state; 0 without. */
  readonly state: number;
  /** Rows of `size` that it looks up, and how many. */
  readonly table?: Float32Array;
  readonly rows?: number;
  /** What its input must be beside finite, where that is not so. */
  refusal?(x: number): string | undefined;
  code(e: Emitter, places: UnitPlaces): Code;
  readonly run: RunUnit;
}

export type UnitSpec = EquationSpec | OtherSpec;

export function isEquations(spec: UnitSpec): spec is EquationSpec {
  return spec.kind === 'equations';
}

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
  if (!isEquations(spec)) return spec.inputs;
  const { name, plan } = spec.definition;
  const isPlain = inputsOf(plan).length === 1 && outputsOf(plan).length === 1;
  demand(isPlain, name, 'one input and one output to run', plan.inputs ?? plan.outputs);
  return [spec.sizes.input];
}

export function outputSize(spec: UnitSpec): number {
  if (!isEquations(spec)) return spec.size;
  const { nodes, output } = spec.definition.plan;
  return spec.sizes[nodes[output].dimension];
}

/** Lengths of a unit's states. */
export function stateSizes(spec: UnitSpec): readonly number[] {
  if (isEquations(spec)) {
    return spec.definition.plan.states.map(({ dimension }) => spec.sizes[dimension]);
  }
  return spec.state ? [spec.state] : [];
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

/**
 * The outputs that are to be checked before each unit runs: of units it reads, once each. The
 * model's own input is checked where it is read.
 */
export function checkedBefore(units: readonly Unit[]): readonly (readonly number[])[] {
  const seen = new Set([-1]);
  return units.map(({ spec, from }) => {
    // What only moves numbers is checked where it is read.
    const own =
      isEquations(spec) || spec.refusal ? [...new Set(from)].filter(u => !seen.has(u)) : [];
    for (const u of own) seen.add(u);
    return own;
  });
}

/** Units put after others; answers which one has the output. */
export function place(units: Unit[], part: readonly Unit[], input: number, prefix: string): number {
  const base = units.length;
  for (const { spec, from, where } of part) {
    units.push({ spec, from: from.map(u => (u < 0 ? input : u + base)), where: prefix + where });
  }
  return units.length - 1;
}
