import { quoted } from '../json.js';
import type { Problem } from '../unreadable.js';
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from './proto.js';

/** What is known of an exporter: that it writes something else than its network. */
export interface Fault {
  /** The start of the producer's name in the file. */
  readonly producer: string;
  readonly versions: string;
  readonly what: string;
  /** Where it was reported. */
  readonly reports: readonly string[];
  /** True for a node that is written so. */
  applies(node: NodeProto): boolean;
  /** Makes the node what was meant; without it nobody can tell what that was. */
  repair?(node: NodeProto): void;
}

const attributeOf = ({ attributes }: NodeProto, wanted: string) =>
  attributes.find(({ name }) => name === wanted);

const integer = (name: string, value: number): AttributeProto => ({
  ...{ name, type: 2, float: 0, integer: value, text: new Uint8Array(0) },
  ...{ floats: [], integers: [], texts: [], graphs: 0 },
});

/** Faults of exporters, as docs/onnx.md lists them. */
export const faults: readonly Fault[] = [
  {
    producer: 'pytorch',
    versions: '2.9 and later, with dynamo=True',
    what: 'linear_before_reset = 0 in a GRU, where PyTorch computes 1',
    reports: ['microsoft/onnxscript#2852', 'pytorch/pytorch#189225'],
    applies: node => node.operator === 'GRU' && !attributeOf(node, 'linear_before_reset')?.integer,
    repair(node) {
      const at = node.attributes.findIndex(({ name }) => name === 'linear_before_reset');
      node.attributes.splice(at < 0 ? 0 : at, at < 0 ? 0 : 1, integer('linear_before_reset', 1));
    },
  },
  {
    producer: 'tf2onnx',
    versions: '1.14, perhaps others',
    what: 'no activations in a bidirectional LSTM, whatever Keras has there',
    reports: ['onnx/tensorflow-onnx#2211'],
    applies: node =>
      node.operator === 'LSTM' &&
      new TextDecoder().decode(attributeOf(node, 'direction')?.text) === 'bidirectional' &&
      !attributeOf(node, 'activations'),
  },
];

/** What the reader does with a fault that it can repair. */
export type FaultChoice = 'repair' | 'keep';

/**
 * The known faults of a file: those that were repaired or kept, as was asked for, or that nobody
 * can repair, and those about which nothing was said.
 */
export function treatFaults(
  { producer, version, graph }: ModelProto & { graph: GraphProto },
  choice: FaultChoice | undefined,
): { readonly warnings: Problem[]; readonly undecided: Problem[] } {
  const own = faults.filter(fault => producer.startsWith(fault.producer));
  const all = own.flatMap(fault =>
    graph.nodes.filter(fault.applies).map(node => {
      const title = node.name || node.outputs.find(name => name !== '') || '';
      const where = `${node.operator} ${quoted(title)}`;
      const told = `${fault.what}: a known fault of ${producer} ${version}`.trim();
      const why = `${told} (${fault.reports.join(', ')})`;
      const { repair } = fault;
      if (choice === 'repair') repair?.(node);
      const end = !repair
        ? 'compare its answers with those of the network'
        : choice === 'repair'
          ? 'read as it was meant'
          : choice === 'keep'
            ? 'read as it is written'
            : "give { faults: 'repair' } to read what was meant, or 'keep'";
      return { isOpen: repair !== undefined && choice === undefined, where, why: `${why}; ${end}` };
    }),
  );
  const some = (isOpen: boolean) =>
    all.flatMap(one => (one.isOpen === isOpen ? { where: one.where, why: one.why } : []));
  return { warnings: some(false), undecided: some(true) };
}
