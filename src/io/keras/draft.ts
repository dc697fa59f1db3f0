import { type Problem, UnreadableError } from '../unreadable.js';
import type { Dialect } from './activations.js';
import type { Graph, Node } from './graph.js';
import type { LayerContext } from './layer.js';
import type { Weights } from './weights.js';

/** How a model is read. */
export interface KerasOptions {
  /**
   * What to do with layers that hide steps (`Masking`, `Embedding` with `mask_zero`): `'refuse'`,
   * the default, or `'ignore'`, for sequences without padding, which give the same numbers.
   */
  readonly masking?: 'refuse' | 'ignore' | undefined;
}

/** A model's config and weights, as a file gave them. */
export interface ModelParts {
  /** In messages: `Keras`, `tfjs`. */
  readonly format: string;
  readonly dialect: Dialect;
  /** `{ class_name, config }`. */
  readonly model: unknown;
  readonly weights: Weights;
}

/** What all layers of a model share. */
export interface Draft {
  readonly parts: ModelParts;
  readonly options: KerasOptions;
  readonly problems: Problem[];
  isWhole: boolean;
  /** Layers whose state Keras keeps from call to call, and those that begin anew. */
  readonly kept: string[];
  readonly anew: string[];
  /** How many layers there are, and numbers between them. */
  readonly counts: { layers: number; flow: number };
}

/** A draft of which nothing is read yet. */
export function newDraft(parts: ModelParts, options: KerasOptions): Draft {
  const none = { problems: [], kept: [], anew: [] };
  return { parts, options, isWhole: false, counts: { layers: 0, flow: 0 }, ...none };
}

/** Tells of states that Keras keeps from call to call, and that would not be kept so here. */
export function checkStateful({ kept, anew, isWhole, problems }: Draft): void {
  const [where] = kept;
  if (where === undefined) return;
  const why = 'stateful in a model that looks ahead: here each sequence begins anew';
  if (isWhole) problems.push({ where, why });
  if (anew.length) problems.push({ where, why: `stateful, beside ${anew[0]}, which is not` });
}

/** What a layer of the draft is told, and whom it tells. */
export function contextOf(where: string, draft: Draft, graph: Graph, node?: Node): LayerContext {
  const { parts, options, problems } = draft;
  return {
    dialect: parts.dialect,
    ignoreMasks: options.masking === 'ignore',
    inputs: node?.inputs.length ?? 0,
    isRow: graph.isRow,
    problem(why) {
      // Both layers of a Bidirectional have the same to tell.
      if (problems.some(one => one.where === where && one.why === why)) return;
      problems.push({ where, why });
    },
    refuse(why) {
      throw new UnreadableError(parts.format, [...problems, { where, why }]);
    },
    hasState(isKept) {
      if (isKept && node?.isShared)
        this.problem('stateful in a layer that is called more than once');
      (isKept ? draft.kept : draft.anew).push(where);
    },
    needsWhole() {
      draft.isWhole = true;
    },
    isWhole: () => draft.isWhole,
  };
}
