import type { Dimension, Plan, PlanMap, PlanNode } from './plan.js';

/** A vector that a stage applies maps to, and the maps, each with the affine node it is part of. */
export interface Argument {
  readonly of: number;
  readonly maps: readonly (PlanMap & { readonly affine: number })[];
}

/**
 * A part of a step that can be worked out a few rows at a time: its products are of vectors that
 * are there in full, since earlier stages stored them; all else in it is elementwise.
 */
export interface Stage {
  readonly dimension: Dimension;
  /** Nodes that are sums of products. */
  readonly affines: readonly number[];
  /** What the products are of, the input first. */
  readonly args: readonly Argument[];
  /** Nodes that the stage stores: next states, the output, what later stages read. */
  readonly sinks: readonly number[];
}

/** A plan in the order in which a compiled step works it out. */
export interface Schedule {
  readonly stages: readonly Stage[];
  /** Nodes that depend on parameters alone: worked out once. */
  readonly fixed: ReadonlySet<number>;
  /** Nodes that one stage stores for another. */
  readonly stored: readonly number[];
}

/** The nodes that a node is made of, element by element. */
export function operandsOf(node: PlanNode): readonly number[] {
  if ('left' in node) return [node.left, node.right];
  return node.op === 'activate' ? [node.of] : [];
}

/** The nodes that must be there in full before a node is worked out. */
function wholesOf(node: PlanNode): readonly number[] {
  if (node.op === 'affine') return node.maps.map(({ of }) => of);
  return node.op === 'reduce' ? [node.of] : [];
}

/** Cells of one kind share their plan, and so its schedule. */
const schedules = /* @__PURE__ */ new WeakMap<Plan, Schedule>();

/** Divides a plan into stages. */
export function schedule(plan: Plan): Schedule {
  const known = schedules.get(plan) ?? divided(plan);
  schedules.set(plan, known);
  return known;
}

function divided({ nodes, states, output }: Plan): Schedule {
  const fixed = new Set<number>();
  const levels: number[] = [];
  const isComputed = (i: number) =>
    wholesOf(nodes[i]).length > 0 || operandsOf(nodes[i]).length > 0;
  const isLater = (of: number) => isComputed(of) && !fixed.has(of);
  for (const [i, node] of nodes.entries()) {
    const operands = operandsOf(node);
    const given = ['number', 'constant', 'scalar', 'vector'].includes(node.op);
    if (given || (operands.length && operands.every(of => fixed.has(of)))) fixed.add(i);
    const before = wholesOf(node);
    levels[i] = Math.max(
      0,
      // A number that is worked out is stored before vectors are made of it.
      ...operands.map(
        of => levels[of] + Number(isLater(of) && nodes[of].dimension !== node.dimension),
      ),
      ...before.map(of => levels[of] + Number(isLater(of))),
    );
  }

  const place = (i: number) => `${levels[i]} ${nodes[i].dimension}`;
  const stored = new Set<number>();
  for (const [i, node] of nodes.entries()) {
    if (fixed.has(i)) continue;
    for (const of of wholesOf(node)) if (isLater(of)) stored.add(of);
    for (const of of operandsOf(node)) {
      if (isLater(of) && place(of) !== place(i)) stored.add(of);
    }
  }

  const places = new Map<string, number[]>();
  for (const i of [...states.map(({ node }) => node), output, ...stored]) {
    const sinks = places.get(place(i)) ?? [];
    if (!sinks.includes(i)) sinks.push(i);
    places.set(place(i), sinks);
  }
  const stages = [...places].sort(([, [a]], [, [b]]) => levels[a] - levels[b]);
  return {
    stages: stages.map(([, sinks]) => stageOf(nodes, stored, sinks)),
    fixed,
    stored: [...stored],
  };
}

function stageOf(nodes: readonly PlanNode[], stored: ReadonlySet<number>, sinks: number[]): Stage {
  const needed = new Set<number>();
  const need = (i: number) => {
    if (needed.has(i)) return;
    needed.add(i);
    for (const of of operandsOf(nodes[i])) if (!stored.has(of) || sinks.includes(of)) need(of);
  };
  sinks.forEach(need);
  const affines = [...needed].filter(i => nodes[i].op === 'affine').sort((a, b) => a - b);
  const maps = affines.flatMap(affine => {
    const node = nodes[affine];
    return node.op === 'affine' ? node.maps.map(map => ({ ...map, affine })) : [];
  });
  const isInput = (of: number) => Number(nodes[of].op === 'input');
  const args = [...new Set(maps.map(({ of }) => of))].sort((a, b) => isInput(b) - isInput(a));
  return {
    dimension: nodes[sinks[0]].dimension,
    affines,
    args: args.map(of => ({ of, maps: maps.filter(map => map.of === of) })),
    sinks,
  };
}
