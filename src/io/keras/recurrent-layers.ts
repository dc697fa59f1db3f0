import { activationCell } from '../../cells/activation.js';
import { backwardCell, bidirectionalCell } from '../../layers/bidirectional.js';
import { chainOf } from '../../layers/chain.js';
import { lastCell } from '../../layers/pooling.js';
import type { AnyCell } from '../../streams/cell.js';
import { quoted } from '../json.js';
import { parallelOf, rowOf } from './cells.js';
import { checkConfig } from './check-config.js';
import { numberedNames, type Serialized, serialized } from './classes.js';
import type { Fields } from './fields.js';
import {
  answersOnce,
  type Build,
  type Built,
  type Flow,
  initialStates,
  type LayerContext,
  type ReadLayer,
} from './layer.js';
import { type RecurrentCell, readRecurrentCell, recurrentKinds } from './recurrent.js';
import type { Weights } from './weights.js';

/** SimpleRNN, LSTM or GRU. */
export function readRecurrent(kind: string): ReadLayer {
  return (config, context) => {
    return recurrentLayer(config, context, readRecurrentCell(kind, config, context));
  };
}

/** RNN: of one cell or of a stack. */
export const readRnn: ReadLayer = (config, context) => {
  return recurrentLayer(config, context, cellsOf(config, context));
};

/** What all recurrent layers have in common. */
function recurrentLayer(config: Fields, context: LayerContext, cell: RecurrentCell): Build {
  const backwards = config.flag('go_backwards', false);
  const all = config.flag('return_sequences', false);
  checkStates(config, context);
  if (backwards) context.needsWhole();
  return (inputs, weights) => {
    const input = sequenceIn(inputs, context, config.flag('stateful', false));
    const own = cell.build(input.size, weights);
    const once = answersOnce(input, context);
    const row = once && !all ? [own, lastCell(cell.units)] : [own];
    const members = backwards ? [backwardCell(rowOf(row))] : row;
    const flow = { ...flowOf(input, cell.units, all, once), reversed: backwards && all };
    return { members, flow, states: statesOf(config, cell, flow, once) };
  };
}

/** Says where the layer's states come from and go to, and what of that cannot run. */
function checkStates(config: Fields, context: LayerContext): void {
  context.hasState(config.flag('stateful', false));
  const hasOutputs = config.flag('return_state', false);
  if (hasOutputs && context.isRow) context.problem('return_state in a Sequential model');
  if (context.inputs > 1) context.problem(initialStates);
}

/** Of the states that a layer answers beside its output, the hidden one is its last output. */
function statesOf(config: Fields, cell: RecurrentCell, flow: Flow, once: boolean): Built['states'] {
  if (!config.flag('return_state', false) || cell.states.length === 0) return [];
  const { units } = cell;
  const members = flow.sequence && once ? [lastCell(units)] : [];
  const after = { ...flow, sequence: false, steps: undefined, lone: once };
  return cell.states.map(name => {
    return name === 'h' ? { members, flow: after } : undefined;
  });
}

/** The only input, which must have steps. */
function sequenceIn([input]: readonly Flow[], context: LayerContext, isKept = false): Flow {
  if (!input.sequence) context.refuse('an input without an axis of time');
  if (isKept && input.windowed) context.refuse('stateful in a window, which begins anew');
  return input;
}

function flowOf({ steps, windowed }: Flow, size: number, all: boolean, once: boolean): Flow {
  return { size, sequence: all, windowed, ...(all ? { steps } : { lone: once }) };
}

function cellsOf(config: Fields, context: LayerContext): RecurrentCell {
  const one = serialized(`${config.where}.cell`, config.value('cell'));
  if (one.kind !== 'StackedRNNCells' || one.isCustom) return cellOf(one, context);
  checkWithin(one, context);
  const where = `${config.where}.cells`;
  const all = one.config.list('cells').map(cell => serialized(where, cell));
  if (all.length === 0 || all.length > 64) context.refuse(`a stack of ${all.length} cells`);
  const names = numberedNames(all.map(({ kind }) => kind));
  const cells = all.map(cell => cellOf(cell, context));
  return {
    units: cells[cells.length - 1].units,
    states: [],
    build(inputSize, weights) {
      let size = inputSize;
      return rowOf(
        cells.map(({ units, build }, i) => {
          const built = build(
            size,
            weightsOfCell(weights, [all[i].name, `RNNCell_${i}`, names[i]]),
          );
          size = units;
          return built;
        }),
      );
    },
  };
}

/** A cell of a stack is called by its own name, by tfjs by its place, by Keras 3 by its class. */
function weightsOfCell(weights: Weights, names: readonly string[]): Weights {
  const found = names.map(name => weights.part(segment => segment === name));
  return found.find(({ isEmpty }) => !isEmpty) ?? found[0];
}

function cellOf(cell: Serialized, context: LayerContext) {
  const { kind, name, config, isCustom } = cell;
  const known = !isCustom && kind.endsWith('Cell') && Object.hasOwn(recurrentKinds, kind);
  if (!known) context.refuse(`a cell of class ${quoted(kind)}${name && ` (${quoted(name)})`}`);
  checkWithin(cell, context);
  return readRecurrentCell(kind, config, context);
}

/** Checks the config of a layer, or a cell, within another. */
function checkWithin(
  inner: Serialized,
  { problem }: LayerContext,
  allowed?: readonly string[],
): void {
  checkConfig(inner, why => problem(`${inner.config.where}: ${why}`), allowed);
}

type Merge = 'concat' | 'add' | 'multiply' | 'average';

const merges: Readonly<Record<string, Merge>> = {
  concat: 'concat',
  sum: 'add',
  mul: 'multiply',
  ave: 'average',
};

/** One layer from the first step to the last, one from the last to the first. */
export const readBidirectional: ReadLayer = (config, context) => {
  context.needsWhole();
  const mode = config.isNull('merge_mode') ? 'null' : config.text('merge_mode', 'concat');
  if (!Object.hasOwn(merges, mode)) context.problem(`merge_mode ${quoted(mode)}: two outputs`);
  const forward = wrapped(config, 'layer', context);
  const backward = config.has('backward_layer')
    ? wrapped(config, 'backward_layer', context)
    : { ...forward, backwards: !forward.backwards };
  if (forward.backwards || !backward.backwards) context.problem('a forward layer that goes back');
  if (forward.all !== backward.all) context.problem('return_sequences of one layer only');
  return (inputs, weights) => {
    const input = sequenceIn(inputs, context);
    const [there, back] = [
      forward.cell.build(
        input.size,
        weights.part(segment => segment.startsWith('forward_')),
      ),
      backward.cell.build(
        input.size,
        weights.part(segment => segment.startsWith('backward_')),
      ),
    ];
    const { units } = forward.cell;
    const size = mode === 'concat' ? units + backward.cell.units : units;
    const flow = flowOf(input, size, forward.all, true);
    if (forward.all) return { members: [bidirectionalCell(there, merges[mode], back)], flow };
    return { members: lastOfBoth(there, back, merges[mode], units), flow };
  };
};

/**
 * The output after the last step of each layer: of the one that goes back, after the first step.
 */
function lastOfBoth(there: AnyCell, back: AnyCell, merge: Merge, units: number): AnyCell[] {
  const forward = chainOf<AnyCell>([there, lastCell(units)]);
  const backward = backwardCell(chainOf([back, lastCell(units)]));
  if (merge !== 'average') return [parallelOf(merge, [forward, backward])];
  const half = activationCell(units, { name: 'affine', alpha: 0.5 });
  return [parallelOf('add', [forward, backward]), half];
}

/** The layer within a Bidirectional. */
function wrapped(config: Fields, field: string, context: LayerContext) {
  const layer = serialized(`${config.where}.${field}`, config.value(field));
  const isPlain = Object.hasOwn(recurrentKinds, layer.kind) && !layer.kind.endsWith('Cell');
  if (layer.isCustom || !(isPlain || layer.kind === 'RNN')) {
    context.refuse(`a ${quoted(layer.kind)} both ways`);
  }
  checkStates(layer.config, context);
  // Keras sets it itself if there are sequences; a mask cannot get here.
  checkWithin(layer, context, ['zero_output_for_mask']);
  const cell = isPlain
    ? readRecurrentCell(layer.kind, layer.config, context)
    : cellsOf(layer.config, context);
  return {
    cell,
    backwards: layer.config.flag('go_backwards', false),
    all: layer.config.flag('return_sequences', false),
  };
}
