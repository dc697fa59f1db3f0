import type { Layout } from '../../src/code/plans.js';
import type { Plan, Schedule } from '../../src/graph/plan.js';

/** A node of a plan in a few words; `#2` is another node. */
export function nodeText({ nodes, rows }: Plan, i: number): string {
  const node = nodes[i];
  const ref = (of: number) => {
    const given = nodes[of];
    if (given.op === 'number') return String(given.value);
    if (given.op === 'port') return 'x';
    return 'name' in given ? given.name : `#${of}`;
  };
  if (node.op === 'affine') {
    return node.maps
      .map(({ matrix, row, of }) => `${matrix}_${rows[matrix][row].name} ${ref(of)}`)
      .join(' + ');
  }
  if (node.op === 'apply') return `${node.slot}(${ref(node.of)})`;
  if (!('left' in node)) return ref(i);
  const sign = { add: '+', subtract: '−', multiply: '*' }[node.op];
  return `${ref(node.left)} ${sign} ${ref(node.right)}`;
}

/** The nodes of a plan, one a line. */
export function planText(plan: Plan): string {
  const next = new Map(plan.states.map(({ name, node }) => [node, `${name}'`]));
  const notes = (i: number) =>
    [next.get(i), i === plan.output ? 'y' : undefined].filter(Boolean).join(', ');
  return plan.nodes
    .map((node, i) => {
      const text = nodeText(plan, i);
      return [
        `#${i}`.padEnd(4),
        node.op.padEnd(9),
        node.dimension.padEnd(7),
        text.padEnd(16),
        notes(i),
      ]
        .join(' ')
        .trimEnd();
    })
    .join('\n');
}

/** What each stage of a schedule multiplies, and what it stores. */
export function stagesText(plan: Plan, { stages, stored }: Schedule): string {
  const next = new Map(plan.states.map(({ name, node }) => [node, `${name}'`]));
  const sinkText = (i: number) =>
    [
      next.get(i),
      i === plan.output ? 'y' : undefined,
      stored.includes(i) ? `#${i} = ${nodeText(plan, i)}` : undefined,
    ]
      .filter(Boolean)
      .join(', ');
  return stages
    .map(({ dimension, args, affines, sinks }, i) => {
      const products = args.map(({ of, maps }) => {
        const names = maps.map(({ matrix, row }) => `${matrix}_${plan.rows[matrix][row].name}`);
        return `  products of ${nodeText(plan, of)}: ${names.join(' ')}`;
      });
      return [
        `stage ${i}, ${dimension} rows`,
        ...products,
        `  sums: ${affines.map(affine => `#${affine}`).join(' ') || 'none'}`,
        `  stores: ${sinks.map(sinkText).join('; ')}`,
      ].join('\n');
    })
    .join('\n');
}

/** A part of the memory: behind the address of the weights, or of scratch. */
interface Region {
  readonly base: 'weights' | 'scratch';
  readonly at: number;
  readonly bytes: number;
  readonly name: string;
  /** What is at an address in it. */
  tell?(address: number): string;
}

/** The regions of a model of one layer, in order; `constants` are the numbers in front. */
export function regionsOf({ room, nodes }: Layout, constants: number): Region[] {
  const [{ output: input }, { cell: layer, output }] = nodes;
  if (!layer) throw new TypeError('the model is no one cell');
  const { plan } = layer.cell.definition;
  const { scratch, sums } = layer;
  const all = Object.entries({ input, output, scratch, sums });
  const places = all.map(([name, { at, stride }]): Region => {
    return { base: 'scratch', at, bytes: stride * room, name: `${name}, ${room} × ${stride}` };
  });
  const weights = layer.stages.flatMap(stage =>
    stage.weights.map(({ at, pitch, columns }, k): Region => {
      const { maps, of } = stage.args[k];
      const group = `(${columns} columns × ${maps.length} maps + 4) × 16`;
      const name = `weights of ${nodeText(plan, of)}, ${stage.groups} groups × ${group}`;
      const tell = (address: number) => {
        const { matrix, row } = maps[(((address - at) % pitch) >> 4) % maps.length];
        const group = Math.floor((address - at) / pitch);
        return `${matrix}_${plan.rows[matrix][row].name}${rowsFrom(group)}`;
      };
      return { base: 'weights', at, bytes: stage.groups * pitch, name, tell };
    }),
  );
  const biases = layer.stages.map(({ biases: at, groups, affines }): Region => {
    const tell = (address: number) => {
      const slot = (address - at) >> 4;
      const group = Math.floor(slot / affines.length);
      return `biases of #${affines[slot % affines.length]}${rowsFrom(group)}`;
    };
    const bytes = groups * affines.length * 16;
    const name = `biases, ${groups} groups × ${affines.length} sums × 16`;
    return { base: 'weights', at, bytes, name, tell };
  });
  const name = `${constants} constants × 16`;
  const given: Region = { base: 'weights', at: 0, bytes: constants * 16, name };
  return [given, ...weights, ...biases, ...places]
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.base.localeCompare(a.base) || a.at - b.at);
}

const rowsFrom = (group: number) => `[${group * 4}…${group * 4 + 3}]`;

export function regionsText(regions: readonly Region[], { block }: Layout): string {
  const of = (base: Region['base']) =>
    regions
      .filter(region => region.base === base)
      .map(({ at, bytes, name }) => ['', String(at), String(bytes), name]);
  const rows = [
    ...[['weights', '', '', ''], ...of('weights')],
    ...[['scratch', '', '', ''], ...of('scratch')],
    ['states', '', String(block), 'a block for each stream'],
  ];
  return [['', 'at', 'bytes', ''], ...rows]
    .map(([base, at, bytes, name]) =>
      `${base.padEnd(7)} ${at.padStart(6)} ${bytes.padStart(6)}  ${name}`.trimEnd(),
    )
    .join('\n');
}
