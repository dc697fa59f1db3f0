import { isNdArray, type NdArray, sizeOf } from '../arrays/ndarray.js';
import { equations } from '../cells/equations.js';
import { shapeText } from '../errors.js';
import { printable } from '../io/json.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { children } from '../streams/children.js';
import { layerText } from '../streams/model.js';
import { whyNotCompiled } from './compiled.js';

/** A layer of a model, and where it is: `[1]`, `[1][0]`. */
interface LocatedLayer {
  readonly where: string;
  readonly cell: AnyCell;
}

/** A model in words: its sizes, then each layer's, with its parameters and equations. */
export function describeModel(cell: AnyCell): string {
  const places = leavesOf(cell, '');
  const total = places.reduce((sum, place) => sum + countOf(place.cell), 0);
  const { inputSize, outputSize, hiddenSize } = cell;
  const lines = [
    `model       ${layerText(cell)}`,
    `input       ${sizeText(inputSize)}`,
    `output      ${sizeText(outputSize)}`,
    `hidden      [${hiddenSize}]`,
    `parameters  ${total}`,
    ...reasonOf(cell),
    ...compiledOf(cell),
  ];
  return [lines.join('\n'), ...places.map(describeLayer)].join('\n\n');
}

function describeLayer({ where, cell }: LocatedLayer): string {
  const { inputSize, outputSize } = cell;
  const sizes = `${sizeText(inputSize)} → ${sizeText(outputSize)}`;
  const params = parametersOf(cell).map(([name, { shape }]) => `${name} ${shapeText(shape)}`);
  const isEquations = cell[internals].spec.kind === 'equations';
  return [
    `${where && `${where} `}${layerText(cell)}: ${sizes}, ${countOf(cell)} parameters`,
    ...(params.length ? [`  ${params.join(', ')}`] : []),
    ...(isEquations
      ? equations(cell)
          .split('\n')
          .map(line => `  ${line}`)
      : []),
  ].join('\n');
}

/** The layers that are not made of others. */
function leavesOf(cell: AnyCell, where: string): readonly LocatedLayer[] {
  const members = children(cell);
  if (members.length === 0) return [{ where, cell }];
  return members.flatMap((member, i) => leavesOf(member, `${where}[${i}]`));
}

function parametersOf(cell: AnyCell): readonly [string, NdArray][] {
  const entries = Object.entries(cell.params as Record<string, unknown>);
  return entries.filter((entry): entry is [string, NdArray] => isNdArray(entry[1]));
}

function countOf(cell: AnyCell): number {
  return parametersOf(cell).reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
}

function sizeText(size: number | Readonly<Record<string, number>> | undefined): string {
  if (typeof size === 'object') {
    return Object.entries(size)
      .map(([name, length]) => `${name} ${shapeText([length])}`)
      .join(', ');
  }
  return size === undefined ? 'anything' : shapeText([size]);
}

/** Why a model takes whole sequences, if it does. */
function reasonOf(cell: AnyCell): readonly string[] {
  const { why } = cell[internals] as { readonly why?: string };
  return why ? [`sequences   whole ones only: ${why}`] : [];
}

/** Why a model is slow here, if it is not compiled. */
function compiledOf(cell: AnyCell): readonly string[] {
  const why = whyNotCompiled(cell);
  return why === undefined
    ? []
    : [`compiled    no, it runs as plain JavaScript: ${printable(why)}`];
}
