import { NdView } from '../arrays/ndarray.js';
import { describe, mismatch } from '../errors.js';
import {
  type Activation,
  activationParameters,
  type ResolvedActivation,
  resolveActivation,
} from '../graph/activations.js';
import type { Declarations } from '../graph/plan.js';
import { inputsOf, lengthsOf } from '../graph/ports.js';
import type { EquationSpec } from '../graph/spec.js';
import { type AnyCell, internals, shapesOf } from '../streams/cell.js';
import { hasState } from '../streams/children.js';
import { encode } from '../streams/encoding.js';
import type { Params } from '../streams/forms.js';
import type { PortModel } from '../streams/members.js';
import { type CellDescription, modelFormat, modelVersion } from './description.js';
import { load, openSlots } from './load.js';
import { plainCell } from './plain-cell.js';
import { Rounder, type RoundingOptions } from './rounding.js';
import { arraysIn } from './row-states.js';
import { writeTensors } from './write-safetensors.js';

type Tensors = Record<string, NdView>;

/**
 * A layer or cell as the bytes of a model file, which `load` reads and other programs too: it is
 * safetensors. Its tensors are the parameters, float32 in PyTorch's layout: `weightIh`, `biasHh` …
 * of a single cell, `0.weightIh`, `1.weight` … of a chain's members (`1.0.weightIh` of a chain in a
 * chain), and `0.initialState.h` … where an initial state was given. Its metadata hold the cells as
 * their equations, with sizes and options, in JSON under `model`.
 *
 * With `weights` the matrices are rounded to float16, a half of the bytes, or to int8, a quarter;
 * the model that is loaded computes with the rounded numbers, in float32. `onRounded` is told how
 * far they are from the model's own.
 *
 * Throws a RecurError for what no file can hold: a plain function, an initial state made by a
 * factory, a layer with configuration of a stream (`reset`, `select`, …), and with `'float16'` a
 * number beyond ±65504.
 *
 * @example
 * const { tensors } = readSafetensors(save(chain(gru(2, 3, { bias: false }), dense(3, 1))));
 * Object.keys(tensors).join(' '); // → 0.weightIh 0.weightHh 1.weight 1.bias
 */
export function save(model: PortModel, options: RoundingOptions = {}): Uint8Array {
  const rounder = new Rounder('save', options);
  const cell = plainCell('save', model, 'save the model that was given to recur');
  const { tensors, ...metadata } = describedModel(cell);
  const isParameter = (name: string) => !/(^|\.)initialState\./.test(name);
  const bytes = writeTensors(tensors, metadata, rounder, isParameter);
  // What load would refuse (numbers that are not finite, texts beyond its limits) is not written.
  load(bytes);
  rounder.tell();
  return bytes;
}

/** The metadata of a model's file, and its tensors by name. */
export function describedModel(cell: AnyCell) {
  const tensors: Tensors = {};
  const description = describeModel(cell, undefined, '', '', tensors);
  const model = JSON.stringify(encode(description, 'save'));
  return { format: modelFormat, version: modelVersion, model, tensors };
}

/** Describes a model that begins at `given`, or else where it says, and collects its tensors. */
function describeModel(
  cell: AnyCell,
  given: unknown,
  where: string,
  prefix: string,
  tensors: Tensors,
): object {
  const { spec, initialState } = cell[internals];
  const state = given ?? initialState;
  if (typeof state === 'function') {
    const hint = 'give it to recur(load(bytes), { initialState }) again';
    throw mismatch(where || 'save', 'an initial state that is a value', 'a factory', hint);
  }
  if (spec.kind === 'function') {
    const expected = 'a layer made of equations';
    throw mismatch(where || 'save', expected, describe(spec.fn), "a function can't be saved");
  }
  if (spec.kind === 'equations') {
    for (const [name, values] of Object.entries(cell.params as Params)) {
      tensors[prefix + name] = values;
    }
    const states = state === undefined ? {} : statesOf(cell, spec, state);
    for (const [name, values] of Object.entries(states)) {
      tensors[`${prefix}initialState.${name}`] = values;
    }
    return describeCell(spec, Object.keys(states).length > 0);
  }
  const { kind, settings, params } = spec;
  const { name, sameState, rows } = kind;
  const members = spec.members.map((member, i) => {
    const within = `${where && `${where}.`}${name}[${i}]`;
    const own = rows ? undefined : (state as readonly unknown[] | undefined)?.[i];
    const given = sameState ? state : own;
    return describeModel(member, given, within, `${prefix}${i}.`, tensors);
  });
  if (name === 'chain') {
    const begins = given === undefined && initialState !== undefined && hasState(cell);
    return { chain: members, ...(begins && { initialState: true }) };
  }
  for (const { name: tensor, shape } of shapesOf(spec)) {
    tensors[prefix + tensor] = new NdView(params[tensor].slice(), shape);
  }
  const isBegun = state !== undefined && (rows || !members.length);
  if (isBegun) {
    for (const [path, array] of arraysIn(begun(cell, state), rows ? '' : 'h')) {
      tensors[`${prefix}initialState.${path}`] = array;
    }
  }
  return { layer: name, settings, members, ...(isBegun && { initialState: true }) };
}

/** A given state as the cell understands it: one array a state variable. */
function statesOf(cell: AnyCell, spec: EquationSpec, given: unknown): Tensors {
  const { states } = spec.definition.plan;
  return Object.fromEntries(arraysIn(begun(cell, given), states.length > 1 ? '' : states[0]?.name));
}

/** Where a cell begins that is given a state, of which parts may be left out. */
function begun(cell: AnyCell, given: unknown): unknown {
  const machine = cell[internals].start(given);
  try {
    return machine.state();
  } finally {
    machine.release();
  }
}

export function describeCell(spec: EquationSpec, hasInitialState: boolean): CellDescription {
  const { definition, sizes, constants, clip, bias } = spec;
  const { name, text, declarations } = definition;
  const lines = text.split('\n').map(line => line.trim());
  return {
    name,
    equations: lines.filter(line => line !== '').join('\n'),
    declarations: describeDeclarations(declarations),
    inputSize: lengthsOf(inputsOf(definition.plan), sizes),
    size: sizes.hidden,
    ...(sizes.projection ? { projectionSize: sizes.projection } : {}),
    activations: Object.fromEntries(
      openSlots(definition).map(slot => [slot, describeActivation(spec.activations[slot])]),
    ),
    constants,
    ...(clip === undefined ? {} : { clip }),
    bias,
    ...(hasInitialState ? { initialState: true } : {}),
  };
}

function describeDeclarations({ activations, ...others }: Declarations): Declarations {
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const resolved = Object.entries(activations ?? {}).map(([slot, activation]) => {
    return [slot, describeActivation(resolveActivation(slot, activation))];
  });
  const named = resolved.length ? { activations: Object.fromEntries(resolved) } : {};
  return { ...Object.fromEntries(given), ...named };
}

/** Its name, with the parameters that an activation of that name has. */
function describeActivation({ name, alpha, beta }: ResolvedActivation): Activation {
  const entry = activationParameters(name);
  const parameters = {
    ...(entry.alpha === undefined ? {} : { alpha }),
    ...(entry.beta === undefined ? {} : { beta }),
  };
  return Object.keys(parameters).length ? { name, ...parameters } : name;
}
