import type { Graph, Node } from '../../../src/graph/graph.js';

/** What a node says beside what it reads and how long it is. */
function detail(node: Node): string {
  if (node.op === 'port') return node.name;
  if (node.op === 'cell') return node.cell.definition.name;
  if (node.op === 'sequence') return `${node.steps} steps`;
  if (node.op === 'unfold') return `kernel ${node.kernel}, stride ${node.stride}`;
  if (node.op === 'pool') return node.by;
  return '';
}

/** A graph's nodes, one a line, those of a body below the node that has it. */
export function graphText({ nodes }: Graph, indent = ''): string {
  return nodes
    .flatMap((node, i) => {
      const of = node.of.map(u => `#${u}`).join(' ');
      const size = 'body' in node || node.op === 'unfold' ? node.size : String(node.size);
      const words = [
        `${indent}#${i} ${node.op}`.padEnd(17),
        of.padEnd(3),
        String(size).padStart(3),
      ];
      const line = [...words, ` ${detail(node)}`].join(' ').trimEnd();
      return 'body' in node ? [line, graphText(node.body, `${indent}   `)] : [line];
    })
    .join('\n');
}
