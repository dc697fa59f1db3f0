import { engines } from '../code/engines.js';
import type { Model } from '../code/model.js';
import { describe, mismatch } from '../errors.js';
import { copyParameters } from '../graph/parameters.js';
import type { Definition } from '../graph/plan.js';
import type { InputSizes } from '../graph/ports.js';
import { cellText, type EquationSpec, lower } from '../graph/spec.js';
import {
  type AnyCell,
  type BeginMachine,
  type Cell,
  type CellInternals,
  cellModel,
  internals,
  shapesOf,
} from './cell.js';
import type { Params, SameForm } from './forms.js';
import { EngineMachine } from './machine.js';
import { makeCell } from './make-cell.js';
import type { StateShape } from './state.js';

/** A definition that says how its cells run, if they have several inputs or outputs. */
export interface PortedDefinition extends Definition {
  readonly ported?: (spec: EquationSpec, shape: StateShape, where: string) => CellFace;
}

/** What a cell of equations shows of its inputs and outputs, and how it runs. */
export interface CellFace {
  readonly inputSize: InputSizes;
  readonly outputSize: InputSizes;
  /** The sizes of its inputs, as printed. */
  readonly input: string;
  readonly runs: ReturnType<typeof running> & Pick<CellInternals, 'ports'>;
}

/** The equations of a cell; throws a RecurError for anything that is no one cell of equations. */
export function equationSpec(where: string, cell: unknown): EquationSpec {
  const kept = (cell as Partial<AnyCell> | null | undefined)?.[internals];
  if (kept?.spec.kind === 'equations') return kept.spec;
  throw mismatch(where, 'a cell made of equations', kept ? String(cell) : describe(cell));
}

/** The cell that a specification describes. */
export function equationCell<S, I, O>(spec: EquationSpec): Cell<S, I, O, SameForm, Params> {
  const { sizes } = spec;
  const definition: PortedDefinition = spec.definition;
  const { name, plan } = definition;
  const where = lower(name);
  const variables = plan.states.map(s => ({ name: s.name, size: sizes[s.dimension] }));
  const shape = { layer: where, variables };
  const { inputSize, outputSize, input, runs } = (definition.ported ?? onePort)(spec, shape, where);
  const text = cellText(spec, input);
  return makeCell<S, I, O>(
    {
      inputSize: inputSize as I,
      outputSize: outputSize as O,
      hiddenSize: plan.states.length ? sizes.hidden : 0,
      get params() {
        return copyParameters(shapesOf(spec), spec.params);
      },
    },
    text,
    { spec, signature: text, ...runs },
  );
}

/** A cell of one input and one output. */
function onePort(spec: EquationSpec, shape: StateShape, where: string): CellFace {
  const { input } = spec.sizes;
  const model = cellModel(spec, where);
  const { nodes, output } = model.graph;
  const runs = running(model, shape);
  return { inputSize: input, outputSize: nodes[output].size, input: String(input), runs };
}

/** What runs a model as one program. */
export function running(
  model: Model,
  shape: StateShape,
  begin: BeginMachine = (...of) => new EngineMachine(...of),
): Pick<CellInternals, 'start' | 'engines' | 'shape'> {
  const own = engines(model);
  return {
    engines: own,
    shape,
    start(state, { backend, ...options } = {}) {
      const engine = own.get(backend);
      try {
        return begin(engine, shape, state, options);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return begin(own.elsewhere(engine, backend), shape, state, options);
      }
    },
  };
}
