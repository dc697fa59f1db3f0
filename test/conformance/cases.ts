import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SomeCell } from '../cells/kinds.js';
import type { Matrix } from './layouts.js';

/** What another project published: a cell, a batch of sequences and some of the answers. */
export interface Case {
  readonly name: string;
  readonly cell: SomeCell;
  /** `[batch][steps][features]`. */
  readonly inputs: readonly Matrix[];
  /** State by name, each `[batch][units]`; zeros where there is none. */
  readonly initialState?: Readonly<Record<string, Matrix>>;
  readonly expected: readonly Expectation[];
  /** Largest absolute difference, as the README of the cases has it. */
  readonly tolerance: number;
}

/** The same of a layer that reads sequences as wholes. */
export interface WholeCase {
  readonly name: string;
  readonly cell: SomeCell;
  /** `[batch][steps][features]`. */
  readonly inputs: readonly Matrix[];
  /** `[batch][steps][units]`, of all steps that come out. */
  readonly expected: readonly Matrix[];
  /** Of outputs of twice as many units: 0, the first half of each, or 1. */
  readonly half?: number;
  readonly tolerance: number;
}

export interface Expectation {
  /** The step after which, from 0. */
  readonly step: number;
  /** The output, or a state by its name. */
  readonly of: string;
  /** `[batch][units]`. */
  readonly values: Matrix;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the published cases lie: beside the checkout, or where RXRECUR_CASES says. */
export const folder = process.env.RXRECUR_CASES ?? '../shared/cases';
export const present = existsSync(resolve(root, folder));

export function readText(file: string): string {
  return readFileSync(join(resolve(root, folder), file), 'utf8');
}

export function readCases<T>(file: string): T {
  return JSON.parse(readText(file)) as T;
}
