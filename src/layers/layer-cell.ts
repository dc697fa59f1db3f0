import { initialMatrix } from '../graph/initialise.js';
import {
  copyParameters,
  type ParameterInput,
  type ParameterShape,
  readParameters,
} from '../graph/parameters.js';
import { checkWhole } from '../graph/spec.js';
import {
  type AnyCell,
  type Cell,
  type Kind,
  type LayerSpec,
  type Marks,
  type Runs,
  type Settings,
  shapesOf,
} from '../streams/cell.js';
import { running } from '../streams/equation-cell.js';
import type { Through } from '../streams/flow.js';
import type { SameForm } from '../streams/forms.js';
import { makeCell } from '../streams/make-cell.js';
import { layerSignature, layerText } from '../streams/model.js';

/** What a layer is made of. */
export interface LayerParts {
  readonly kind: Kind;
  /** The layer as printed, given its members as printed. */
  text(...members: readonly string[]): string;
  readonly settings: Settings;
  readonly unprinted?: LayerSpec['unprinted'];
  readonly members?: readonly AnyCell[];
  readonly params?: Readonly<Record<string, Float32Array>>;
  readonly inputSize: number | undefined;
  readonly outputSize: number | undefined;
  /** By default, the sum over its members. */
  readonly hiddenSize?: number;
  readonly marks?: Marks;
  /** Of a layer of members: how inputs go through them. */
  readonly through?: Through;
}

/** The cell of a layer; C is what the caller knows of it. */
export function layerCell<C = Cell<unknown, number, number>>(parts: LayerParts, runs: Runs): C {
  const { why, compose } = runs;
  const { kind, members = [], params = {}, marks, text, ...sizes } = parts;
  const { settings, through, unprinted } = parts;
  const spec = { kind, settings, members, params, through, unprinted };
  const described = {
    hiddenSize: members.reduce((sum, { hiddenSize }) => sum + hiddenSize, 0),
    ...sizes,
    get params(): unknown {
      if (members.length) return members.map(member => member.params);
      return copyParameters(shapesOf(spec), params);
    },
  };
  const [shown, signature] = [layerText, layerSignature].map(textOf =>
    text(...members.map(member => textOf(member))),
  );
  const cell = makeCell<unknown, number | undefined, number | undefined, SameForm, unknown>(
    described,
    shown,
    {
      ...{ spec, signature, marks },
      ...(why && { why, compose }),
      ...('model' in runs ? running(runs.model, runs.shape, runs.begin) : runs),
    },
  );
  return cell as C;
}

/** Parameters as given, or drawn: matrices as Flux does, vectors zeros. */
export function parametersOf(
  where: string,
  shapes: readonly ParameterShape[],
  given: Readonly<Record<string, ParameterInput>> | undefined,
  seed?: number | undefined,
): Record<string, Float32Array> {
  if (given !== undefined) return readParameters(where, shapes, given);
  return Object.fromEntries(
    shapes.map(({ name, shape: [rows, ...columns] }, i) => {
      const width = columns.reduce((product, n) => product * n, 1);
      if (!columns.length) return [name, new Float32Array(rows)];
      return [name, initialMatrix(rows, width, seed === undefined ? undefined : seed + i)];
    }),
  );
}

/** A whole number in a range, or a RecurError that names it. */
export function integer(where: string, value: unknown, least: number, most = 2 ** 24): number {
  return checkWhole(where, value, least, most, `${least} to ${most === 2 ** 24 ? '2²⁴' : most}`);
}

/** `Name(1, 2; option=3)` of the kind `name`: options that are what they usually are stay out. */
export function printed(
  name: string,
  positional: readonly unknown[],
  options: Readonly<Record<string, readonly [value: unknown, usual: unknown]>> = {},
): string {
  const named = Object.entries(options).flatMap(([option, [value, usual]]) =>
    String(value) === String(usual)
      ? []
      : `${option}=${Array.isArray(value) ? `[${value.join(', ')}]` : value}`,
  );
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return `${title}(${positional.join(', ')}${named.length ? `; ${named.join(', ')}` : ''})`;
}
