import { batchNormCell } from '../cells/batch-norm.js';
import { denseCell } from '../cells/dense.js';
import { gruCell } from '../cells/gru.js';
import { layerNormCell } from '../cells/layer-norm.js';
import { lstmCell } from '../cells/lstm.js';
import { preluCell } from '../cells/prelu.js';
import { rnnCell } from '../cells/rnn.js';
import { mismatch } from '../errors.js';
import { activationText } from '../graph/activations.js';
import type { Plan } from '../graph/plan.js';
import { define } from '../graph/planner.js';
import type { EquationSpec } from '../graph/spec.js';
import { type AnyCell, internals } from '../streams/cell.js';
import { layerText } from '../streams/model.js';

/** A module of `torch.nn`. */
export interface TorchModule {
  readonly name: TorchName;
  /** The activations that it can have, by slot; any where a slot is not named. */
  readonly activations: Readonly<Record<string, readonly string[]>>;
}

const recurrentModules = ['RNN', 'LSTM', 'GRU'] as const;
const plainModules = [
  ...(['Linear', 'Conv1d', 'Conv2d', 'ConvTranspose2d', 'LayerNorm'] as const),
  ...(['BatchNorm1d', 'PReLU', 'Embedding'] as const),
] as const;

/** The modules that have a place in a `state_dict` here. */
export const torchModules = [...recurrentModules, ...plainModules] as const;

export type TorchName = (typeof torchModules)[number];
export type RecurrentName = (typeof recurrentModules)[number];
type PlainName = (typeof plainModules)[number];

/** A module that equations are, and what it computes, whatever its gates are called. */
interface EquationModule extends TorchModule {
  readonly computation: string;
}

/** Parameters of the library and their names in a `state_dict`; `_l0` … follow those of layers. */
const recurrentNames: Readonly<Record<string, string>> = {
  weightIh: 'weight_ih',
  weightHh: 'weight_hh',
  biasIh: 'bias_ih',
  biasHh: 'bias_hh',
  weightHr: 'weight_hr',
};
const plainNames: Readonly<Record<string, string>> = {
  runningMean: 'running_mean',
  runningVar: 'running_var',
  alpha: 'weight',
};

/** Layers that are no equations, by their constructors' names. */
const layerModules: ReadonlyMap<string, PlainName> = new Map<string, PlainName>([
  ['causalConv1d', 'Conv1d'],
  ['conv1d', 'Conv1d'],
  ['conv2d', 'Conv2d'],
  ['convTranspose2d', 'ConvTranspose2d'],
  ['embedding', 'Embedding'],
]);

export function isRecurrent(name: TorchName): name is RecurrentName {
  return recurrentModules.some(own => own === name);
}

/** A parameter's name in the `state_dict` of a module, below its prefix. */
export function tensorName(
  { name }: TorchModule,
  parameter: string,
  layer: number,
  reverse = false,
): string {
  if (!isRecurrent(name)) return plainNames[parameter] ?? parameter;
  return `${recurrentNames[parameter]}_l${layer}${reverse ? '_reverse' : ''}`;
}

/** The module that computes what a cell does; throws a RecurError if PyTorch has none. */
export function moduleOf(where: string, cell: AnyCell): TorchModule {
  const { spec } = cell[internals];
  const expected = 'a layer that PyTorch has';
  if (spec.kind !== 'equations') {
    const name = 'members' in spec ? layerModules.get(spec.kind.name) : undefined;
    if (name) return { name, activations: {} };
    throw mismatch(where, expected, layerText(cell));
  }
  const computation = computationOf(spec.definition.plan);
  const found = modules().find(module => module.computation === computation);
  if (!found) {
    const isBefore = computation === computationIn(gruCell(1, 1, { resetGate: 'before' }));
    const hint = isBefore ? 'its GRU is that with resetGate: after' : undefined;
    throw mismatch(where, expected, layerText(cell), hint);
  }
  const odd = Object.entries(found.activations).find(([slot, names]) => {
    return !names.includes(activationText(spec.activations[slot]));
  });
  const clips = spec.clip !== undefined && isRecurrent(found.name);
  if (odd || clips) {
    const hint = odd ? `its ${found.name} has ${odd[1].join(' or ')} there` : 'it never clips';
    throw mismatch(where, expected, layerText(cell), `${hint}; give the tensors as params`);
  }
  return found;
}

function modules(): readonly EquationModule[] {
  const lstm = lstmCell(1, 1);
  const usual = { σ: ['sigmoid'], φ: ['tanh'] };
  const any = {};
  return [
    {
      name: 'RNN',
      computation: computationIn(rnnCell(1, 1)),
      activations: { φ: ['tanh', 'relu'] },
    },
    { name: 'LSTM', computation: computationIn(lstm), activations: { ...usual, ψ: ['tanh'] } },
    { name: 'LSTM', computation: projected(lstm), activations: { ...usual, ψ: ['tanh'] } },
    { name: 'GRU', computation: computationIn(gruCell(1, 1)), activations: usual },
    { name: 'Linear', computation: computationIn(denseCell(1, 1)), activations: any },
    { name: 'LayerNorm', computation: computationIn(layerNormCell(1)), activations: any },
    { name: 'BatchNorm1d', computation: computationIn(batchNormCell(1)), activations: any },
    { name: 'PReLU', computation: computationIn(preluCell(1)), activations: any },
  ];
}

/** What a cell of equations computes. */
export function computationIn(cell: AnyCell): string {
  return computationOf((cell[internals].spec as EquationSpec).definition.plan);
}

/** The same LSTM with `proj_size`: V_h maps what was h'. */
function projected(lstm: AnyCell): string {
  return computationOf(projectedLstm(lstm).plan);
}

export function projectedLstm(lstm: AnyCell = lstmCell(1, 1)) {
  const { definition } = lstm[internals].spec as EquationSpec;
  const text = definition.text.replace(/(h'\s*=)(.*)/, '$1 V_h ($2)');
  return define('LSTM', text, definition.declarations);
}

/** A plan without the names of its gates; several outputs are another computation than one. */
export function computationOf({ nodes, states, output, outputs = [], rows }: Plan): string {
  const biases = Object.values(rows).map(blocks => blocks.map(({ bias }) => bias));
  const answers = outputs.length > 1 ? outputs : output;
  return JSON.stringify([nodes, states, answers, biases]);
}
