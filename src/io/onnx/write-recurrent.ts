import { gruCell } from '../../cells/gru.js';
import { lstmCell } from '../../cells/lstm.js';
import { peepholeLstmCell } from '../../cells/peephole-lstm.js';
import { rnnCell } from '../../cells/rnn.js';
import { activationParameters, type ResolvedActivation } from '../../graph/activations.js';
import type { CellGraph } from '../../graph/graph.js';
import type { EquationSpec } from '../../graph/spec.js';
import { layouts, type RecurrentKind, reorderGates } from '../layouts.js';
import { computationIn, computationOf } from '../torch-modules.js';
import { recurrentActivations } from './activation-names.js';
import type { AttributeDraft } from './encode.js';
import type { GraphWriter } from './graph-writer.js';

/** A cell that is one of ONNX's recurrent operators. */
export interface RecurrentForm {
  readonly kind: RecurrentKind;
  readonly peepholes?: boolean;
  readonly resetGate?: 'after' | 'before';
}

function forms(): readonly (RecurrentForm & { readonly computation: string })[] {
  const before = { resetGate: 'before' } as const;
  return [
    { kind: 'rnn', computation: computationIn(rnnCell(1, 1)) },
    { kind: 'lstm', computation: computationIn(lstmCell(1, 1)) },
    { kind: 'lstm', peepholes: true, computation: computationIn(peepholeLstmCell(1, 1)) },
    { kind: 'gru', resetGate: 'after', computation: computationIn(gruCell(1, 1)) },
    { kind: 'gru', resetGate: 'before', computation: computationIn(gruCell(1, 1, before)) },
  ];
}

/** Our activations as ONNX's recurrent operators know them. */
const activations: Readonly<Record<string, string>> = {
  ...recurrentActivations,
  identity: 'Affine',
};

const slots: Readonly<Record<RecurrentKind, readonly string[]>> = {
  rnn: ['φ'],
  gru: ['σ', 'φ'],
  lstm: ['σ', 'φ', 'ψ'],
};

/** ONNX's operator that computes what a cell does, if there is one. */
export function recurrentForm(spec: CellGraph): RecurrentForm | undefined {
  const own = computationOf(spec.definition.plan);
  const form = forms().find(other => other.computation === own);
  const isKnown =
    form && slots[form.kind].every(slot => spec.activations[slot].name in activations);
  return isKnown ? form : undefined;
}

/** Names of a recurrent node's values: its input, and each state before and after. */
export interface RecurrentNames {
  readonly prefix: string;
  readonly input: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Writes a cell as a recurrent node over `[steps, batch, features]`; answers its output. */
export function writeRecurrent(
  graph: GraphWriter,
  spec: EquationSpec,
  form: RecurrentForm,
  { prefix, input, before, after }: RecurrentNames,
): string {
  const { kind } = form;
  const { params, sizes } = spec;
  const [from, to] = [layouts.torch[kind], layouts.onnx[kind]];
  const rows = to.length * sizes.hidden;
  const tensor = (name: string, dims: readonly number[], values: Float32Array) =>
    graph.tensor(prefix + name, [1, ...dims], values);
  const w = tensor('W', [rows, sizes.input], reorderGates(params.weightIh, from, to));
  const r = tensor('R', [rows, sizes.hidden], reorderGates(params.weightHh, from, to));
  const biases = [params.biasIh, params.biasHh];
  const both = new Float32Array(2 * rows);
  if (spec.bias) {
    for (const [i, bias] of biases.entries()) both.set(reorderGates(bias, from, to), i * rows);
  }
  const b = spec.bias ? tensor('B', [2 * rows], both) : '';
  const p = form.peepholes ? [tensor('P', [3 * sizes.hidden], peepholes(spec))] : [];
  const inputs = [input, w, r, b, '', ...before, ...p];
  const whole = graph.name(`${prefix}Y`);
  graph.node(kind.toUpperCase(), inputs, prefix, attributesOf(spec, form), [whole, ...after]);
  return graph.node('Squeeze', [whole, graph.constant([1])], prefix);
}

/** P: the peepholes of i, o, f. */
function peepholes({ params, sizes }: EquationSpec): Float32Array {
  const values = new Float32Array(3 * sizes.hidden);
  for (const [i, name] of ['p_i', 'p_o', 'p_f'].entries()) {
    values.set(params[name], i * sizes.hidden);
  }
  return values;
}

function attributesOf(spec: EquationSpec, { kind, resetGate }: RecurrentForm) {
  const chosen = slots[kind].map(slot => parametersOf(spec.activations[slot]));
  const attributes: Record<string, AttributeDraft> = {
    hidden_size: { int: spec.sizes.hidden },
    activations: { texts: chosen.map(({ name }) => name) },
  };
  const alphas = chosen.flatMap(({ alpha }) => alpha ?? []);
  const betas = chosen.flatMap(({ beta }) => beta ?? []);
  if (alphas.length) attributes.activation_alpha = { floats: alphas };
  if (betas.length) attributes.activation_beta = { floats: betas };
  if (spec.clip !== undefined) attributes.clip = { float: spec.clip };
  if (resetGate) attributes.linear_before_reset = { int: resetGate === 'after' ? 1 : 0 };
  return attributes;
}

/** An activation by ONNX's name, with the parameters that it has there. */
function parametersOf({ name, alpha, beta }: ResolvedActivation) {
  if (name === 'identity') return { name: activations[name], alpha: 1, beta: 0 };
  const entry = activationParameters(name);
  return {
    name: activations[name],
    ...(entry.alpha !== undefined && { alpha }),
    ...(entry.beta !== undefined && { beta }),
  };
}
