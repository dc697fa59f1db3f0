import { denseCell } from '../cells/dense.js';
import { gruCell } from '../cells/gru.js';
import { lstmCell } from '../cells/lstm.js';
import { rnnCell } from '../cells/rnn.js';
import { activationText } from '../equations/activations.js';
import { type AnyCell, internals } from '../equations/cell.js';
import { define, type Plan } from '../equations/plan.js';
import type { EquationSpec } from '../equations/spec.js';
import { mismatch } from '../errors.js';
import { layerText } from '../layers/chain.js';

/** A module of `torch.nn`. */
export interface TorchModule {
  readonly name: 'RNN' | 'LSTM' | 'GRU' | 'Linear';
  /** What it computes, whatever its gates are called. */
  readonly computation: string;
  /** The activations that it can have, by slot; any where a slot is not named. */
  readonly activations: Readonly<Record<string, readonly string[]>>;
}

/** Parameters of the library and their names in a `state_dict`; `_l0` … follow those of layers. */
const recurrentNames: Readonly<Record<string, string>> = {
  weightIh: 'weight_ih',
  weightHh: 'weight_hh',
  biasIh: 'bias_ih',
  biasHh: 'bias_hh',
  weightHr: 'weight_hr',
};

/** A parameter's name in the `state_dict` of a module, below its prefix. */
export function tensorName({ name }: TorchModule, parameter: string, layer: number): string {
  return name === 'Linear' ? parameter : `${recurrentNames[parameter]}_l${layer}`;
}

/** The module that computes what a cell does; throws a RecurError if PyTorch has none. */
export function moduleOf(where: string, cell: AnyCell, spec: EquationSpec): TorchModule {
  const computation = computationOf(spec.definition.plan);
  const found = modules().find(module => module.computation === computation);
  const expected = 'rnn, lstm, gru or dense, which PyTorch has';
  if (!found) {
    const isBefore = computation === computationOf(planOf(gruCell(1, 1, { resetGate: 'before' })));
    const hint = isBefore ? 'its GRU is that with resetGate: after' : undefined;
    throw mismatch(where, expected, layerText(cell), hint);
  }
  const odd = Object.entries(found.activations).find(([slot, names]) => {
    return !names.includes(activationText(spec.activations[slot]));
  });
  if (odd || spec.clip !== undefined) {
    const hint = odd ? `its ${found.name} has ${odd[1].join(' or ')} there` : 'it never clips';
    throw mismatch(where, expected, layerText(cell), `${hint}; give the tensors as params`);
  }
  return found;
}

function modules(): readonly TorchModule[] {
  const lstm = lstmCell(1, 1);
  const usual = { σ: ['sigmoid'], φ: ['tanh'] };
  return [
    { name: 'RNN', computation: of(rnnCell(1, 1)), activations: { φ: ['tanh', 'relu'] } },
    { name: 'LSTM', computation: of(lstm), activations: { ...usual, ψ: ['tanh'] } },
    { name: 'LSTM', computation: projected(lstm), activations: { ...usual, ψ: ['tanh'] } },
    { name: 'GRU', computation: of(gruCell(1, 1)), activations: usual },
    { name: 'Linear', computation: of(denseCell(1, 1)), activations: {} },
  ];
}

function of(cell: AnyCell): string {
  return computationOf(planOf(cell));
}

function planOf(cell: AnyCell): Plan {
  return (cell[internals].spec as EquationSpec).definition.plan;
}

/** The same LSTM with `proj_size`: V_h maps what was h'. */
function projected(lstm: AnyCell): string {
  const { definition } = lstm[internals].spec as EquationSpec;
  const text = definition.text.replace(/(h'\s*=)(.*)/, '$1 V_h ($2)');
  return computationOf(define('LSTM', text, definition.declarations).plan);
}

/** A plan without the names of its gates. */
export function computationOf({ nodes, states, output, rows }: Plan): string {
  const biases = Object.values(rows).map(blocks => blocks.map(({ bias }) => bias));
  return JSON.stringify([nodes, states, output, biases]);
}
