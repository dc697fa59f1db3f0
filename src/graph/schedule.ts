import type { Computation, PlanNode, Schedule, Stage } from './plan.js';
import { outputsOf } from './ports.js';

/** The nodes that a node is made of, element by element. */
export function operandsOf(node: PlanNode): readonly number[] {
  if ('left' in node) return [node.left, node.right];
  return node.op === 'apply' ? [node.of] : [];
}

/** The nodes whose whole vectors a node needs. */
function vectorsOf(node: PlanNode): readonly number[] {
  if (node.op === 'affine') return node.maps.map(({ of }) => of);
  return node.op === 'reduce' ? [node.of] : [];
}

/** Divides a computation into stages. */
export function schedule(computation: Computation): Schedule {
  const { nodes, states } = computation;
  const fixed = new Set<number>();
  const levels: number[] = [];
  const isComputed = (i: number) => vectorsOf(nodes[i]).length + operandsOf(nodes[i]).length > 0;
  const isLater = (of: number) => isComputed(of) && !fixed.has(of);
  for (const [i, node] of nodes.entries()) {
    const operands = operandsOf(node);
    const isGiven = ['number', 'constant', 'parameter'].includes(node.op);
    if (isGiven || (operands.length && operands.every(of => fixed.has(of)))) fixed.add(i);
    const before = vectorsOf(node);
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
    for (const of of vectorsOf(node)) if (isLater(of)) stored.add(of);
    for (const of of operandsOf(node)) {
      if (isLater(of) && place(of) !== place(i)) stored.add(of);
    }
  }

  const places = new Map<string, number[]>();
  const answers = [...states, ...outputsOf(computation)].map(({ node }) => node);
  for (const i of [...answers, ...stored]) {
    const sinks = places.get(place(i)) ?? [];
    if (!sinks.includes(i)) sinks.push(i);
    places.set(place(i), sinks);
  }
  const stages = [...places].sort(([, [a]], [, [b]]) => levels[a] - levels[b]);
  return {
    stages: stages.map(([, sinks]) => stageOf(nodes, stored, sinks)),
    fixed: [...fixed],
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
  const isInput = (of: number) => Number(nodes[of].op === 'port');
  const args = [...new Set(maps.map(({ of }) => of))].sort((a, b) => isInput(b) - isInput(a));
  return {
    dimension: nodes[sinks[0]].dimension,
    affines,
    args: args.map(of => ({ of, maps: maps.filter(map => map.of === of) })),
    sinks,
  };
}
