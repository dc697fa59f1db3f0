import {
  type Activation,
  type ActivationName,
  activationParameters,
} from '../../graph/activations.js';
import type { CellOptions } from '../../graph/spec.js';
import { quoted } from '../json.js';
import type { RecurrentKind } from '../layouts.js';
import { recurrentActivations } from './activation-names.js';
import { ensure } from './flow.js';
import { floatOf, type Node } from './graph.js';

/** ONNX's activations of recurrent nodes, in small letters; the first of ours that has a name. */
const activations = new Map(
  Object.entries(recurrentActivations)
    .reverse()
    .map(([name, theirs]) => [theirs.toLowerCase(), name as ActivationName]),
);

const usual = { rnn: ['Tanh'], gru: ['Sigmoid', 'Tanh'], lstm: ['Sigmoid', 'Tanh', 'Tanh'] };

/** Clip and activations of one of a node's directions. */
export function optionsOf(
  node: Node,
  { kind, directions }: { readonly kind: RecurrentKind; readonly directions: number },
  direction: number,
): CellOptions {
  const names = node.attributes.get('activations')?.texts ?? [];
  const perDirection = usual[kind].length;
  const all = names.length ? names : new Array(directions).fill(usual[kind]).flat();
  const count = directions * perDirection;
  ensure(all.length === count, `${all.length} activations, not ${count}`);
  const alphas = [...(node.attributes.get('activation_alpha')?.floats ?? [])];
  const betas = [...(node.attributes.get('activation_beta')?.floats ?? [])];
  // Parameters are taken in turn, by the activations that have them.
  const chosen = all.map(name => activationOf(name, alphas, betas));
  const left = `numbers that no activation takes:`;
  ensure(alphas.length === 0, `activation_alpha with ${left} ${alphas}`);
  ensure(betas.length === 0, `activation_beta with ${left} ${betas}`);
  const [f, g, h] = chosen.slice(direction * perDirection);
  const clip = node.attributes.has('clip') ? floatOf(node, 'clip', 0) : undefined;
  ensure(clip === undefined || (Number.isFinite(clip) && clip > 0), `clip ${clip}`);
  const clipped = clip === undefined ? {} : { clip };
  if (kind === 'rnn') return { ...clipped, activation: f };
  const gated = { ...clipped, gateActivation: f, activation: g };
  return kind === 'gru' ? gated : { ...gated, outputActivation: h };
}

function activationOf(name: string, alphas: number[], betas: number[]): Activation {
  const own = activations.get(name.toLowerCase());
  ensure(own, `the activation ${quoted(name)}`);
  const entry = activationParameters(own);
  const alpha = entry.alpha === undefined ? undefined : alphas.shift();
  const beta = entry.beta === undefined ? undefined : betas.shift();
  if (alpha === undefined && beta === undefined) return own;
  return {
    name: own,
    ...(alpha === undefined ? {} : { alpha }),
    ...(beta === undefined ? {} : { beta }),
  };
}
