import { mismatch } from '../../errors.js';
import { Fields, shown } from '../keras/fields.js';
import { type MakeActivation, readActivation } from './activations.js';
import { checkFields, countIn, countOf, countsOf } from './config.js';

/** Layers of one width, one after another, as the file has them. */
export interface LayerArray {
  readonly config: Fields;
  readonly inputSize: number;
  readonly conditionSize: number;
  readonly channels: number;
  readonly bottleneck: number;
  readonly inputGroups: number;
  readonly mixinGroups: number;
  readonly residualGroups: number;
  /** Of what goes to the head on its way: undefined where it goes there as it is. */
  readonly toHead: { readonly size: number; readonly groups: number } | undefined;
  readonly head: HeadConvolution;
  readonly layers: readonly ArrayLayer[];
}

export interface HeadConvolution {
  readonly size: number;
  readonly kernel: number;
  readonly dilation: number;
  readonly bias: boolean;
}

export interface ArrayLayer {
  readonly where: string;
  readonly kernel: number;
  readonly dilation: number;
  readonly activation: MakeActivation;
  readonly gate: Gate | undefined;
}

/** Twice as many channels of which the second half say how much of the first passes. */
export interface Gate {
  readonly activation: MakeActivation;
  /** True: the rest is what the first half was before its activation. */
  readonly blends: boolean;
}

/** Places where a condition may scale and shift, in the order of their weights. */
export const filmNames = [
  ...['conv_pre_film', 'conv_post_film', 'input_mixin_pre_film', 'input_mixin_post_film'],
  ...['activation_pre_film', 'activation_post_film', 'layer1x1_post_film', 'head1x1_post_film'],
] as const;

const known = [
  ...['input_size', 'condition_size', 'channels', 'bottleneck', 'kernel_size', 'kernel_sizes'],
  ...['dilations', 'activation', 'secondary_activation', 'gated', 'gating_mode', 'groups_input'],
  ...['groups_input_mixin', 'layer1x1', 'head1x1', 'head', 'head_size', 'head_bias', 'slimmable'],
  ...filmNames,
];

/** One of `config.layers`. */
export function readLayerArray(where: string, given: unknown): LayerArray {
  const config = new Fields(where, given);
  checkFields(config, known);
  checkSlimmable(config);
  const channels = countOf(config, 'channels');
  return {
    config,
    inputSize: countOf(config, 'input_size'),
    conditionSize: countOf(config, 'condition_size'),
    channels,
    bottleneck: countOf(config, 'bottleneck', channels),
    inputGroups: countOf(config, 'groups_input', 1),
    mixinGroups: countOf(config, 'groups_input_mixin', 1),
    residualGroups: residualGroups(config),
    toHead: toHead(config),
    head: headOf(config),
    layers: layersOf(config),
  };
}

/** The network at its full width is all that a file of several widths adds nothing to. */
function checkSlimmable(config: Fields): void {
  if (!config.has('slimmable')) return;
  const slimmable = config.object('slimmable');
  checkFields(slimmable, ['method', 'kwargs']);
  const method = slimmable.text('method');
  if (method !== 'slice_channels_uniform') {
    throw mismatch(`${slimmable.where}.method`, "'slice_channels_uniform'", shown(method));
  }
  if (slimmable.has('kwargs')) {
    const kwargs = slimmable.object('kwargs');
    checkFields(kwargs, ['allowed_channels', 'boosting', 'init_strategy']);
    if (kwargs.flag('boosting', false)) throw mismatch(`${kwargs.where}.boosting`, 'false', 'true');
  }
}

function residualGroups(config: Fields): number {
  if (!config.has('layer1x1')) return 1;
  const layer = config.object('layer1x1');
  checkFields(layer, ['active', 'groups']);
  if (!layer.flag('active', true)) {
    const hint = "NAM's trainer then adds the activation to the input, its player adds nothing";
    throw mismatch(`${layer.where}.active`, 'true', 'false', hint);
  }
  return countOf(layer, 'groups', 1);
}

function toHead(config: Fields): LayerArray['toHead'] {
  if (!config.has('head1x1')) return undefined;
  const layer = config.object('head1x1');
  checkFields(layer, ['active', 'out_channels', 'groups']);
  if (!layer.flag('active', false)) return undefined;
  return { size: countOf(layer, 'out_channels'), groups: countOf(layer, 'groups', 1) };
}

/** As an object of its own, or in two fields of older files. */
function headOf(config: Fields): HeadConvolution {
  if (!config.has('head')) {
    const bias = config.flag('head_bias', false);
    return { size: countOf(config, 'head_size'), kernel: 1, dilation: 1, bias };
  }
  const other = ['head_size', 'head_bias'].find(name => config.has(name));
  if (other) throw mismatch(config.where, `head or ${other}`, 'both');
  const head = config.object('head');
  checkFields(head, ['out_channels', 'kernel_size', 'bias', 'head_dilation']);
  return {
    size: countOf(head, 'out_channels'),
    kernel: countOf(head, 'kernel_size'),
    dilation: countOf(head, 'head_dilation', 1),
    bias: head.flag('bias', false),
  };
}

function layersOf(config: Fields): readonly ArrayLayer[] {
  const { where } = config;
  const dilations = countsOf(config, 'dilations');
  const count = dilations.length;
  if (config.has('kernel_size') === config.has('kernel_sizes')) {
    const got = config.has('kernel_size') ? 'both' : 'neither';
    throw mismatch(where, 'kernel_size or kernel_sizes', got);
  }
  const kernels = eachOf(config, config.has('kernel_size') ? 'kernel_size' : 'kernel_sizes', count);
  const activations = eachOf(config, 'activation', count);
  const modes = gatingOf(config, count);
  const gates = modes.map((mode, i) =>
    mode === 'none' ? undefined : gateOf(config, mode, i, count),
  );
  return dilations.map((dilation, i) => ({
    where: `${where}[${i}]`,
    kernel: countIn(`${where}.kernel_sizes[${i}]`, kernels[i]),
    dilation,
    activation: readActivation(`${where}.activation[${i}]`, activations[i]),
    gate: gates[i],
  }));
}

/** What a field says for each layer: a value for all, or a list. */
function eachOf(config: Fields, name: string, count: number): readonly unknown[] {
  const value = config.value(name);
  if (!Array.isArray(value)) return new Array(count).fill(value);
  if (value.length === count) return value;
  throw mismatch(`${config.where}.${name}`, `${count}, one a layer`, `${value.length}`);
}

function gatingOf(config: Fields, count: number): readonly unknown[] {
  if (!config.has('gating_mode')) {
    return new Array(count).fill(config.flag('gated', false) ? 'gated' : 'none');
  }
  if (config.has('gated')) throw mismatch(config.where, 'gated or gating_mode', 'both');
  return eachOf(config, 'gating_mode', count);
}

function gateOf(config: Fields, mode: unknown, i: number, count: number): Gate {
  if (mode !== 'gated' && mode !== 'blended') {
    throw mismatch(`${config.where}.gating_mode`, "'none', 'gated' or 'blended'", shown(mode));
  }
  const { where } = config;
  const second = eachOf(config, 'secondary_activation', count)[i] ?? 'Sigmoid';
  return {
    activation: readActivation(`${where}.secondary_activation[${i}]`, second),
    blends: mode === 'blended',
  };
}
