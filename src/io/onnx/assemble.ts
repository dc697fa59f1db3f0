import { activationCell } from '../../cells/activation.js';
import { chainOf } from '../../layers/chain.js';
import { read, tap } from '../../layers/taps.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Problem } from '../unreadable.js';
import type { Layer, Network } from './network.js';
import { whyOf } from './unfit.js';

/** The cell of the layers that the given signals need, and what cannot be made. */
export function assemble(
  network: Network,
  parts: readonly number[],
): { cell?: AnyCell; problems: readonly Problem[] } {
  const layers = network.needed(parts);
  const problems: Problem[] = [];
  const tapped = tappedSignals(layers, parts);
  const members: AnyCell[] = [];
  let before = 0;
  const from = (reads: readonly number[], where: string) => {
    if (reads.length === 1 && reads[0] === before) return;
    attemptTo(problems, where, () => members.push(read(...reads.map(nameOf))));
  };
  if (tapped.has(0)) {
    const [first = { reads: parts }] = layers.values();
    // A chain whose first member reads taps would not know its input's size, nor run as one
    // program.
    const cell = first.reads.length > 1 && activationCell(network.inputSize, 'identity');
    attemptTo(problems, 'input', () => {
      members.push(cell ? tap(nameOf(0), cell) : tap(nameOf(0)));
    });
  }
  for (const [signal, layer] of layers) {
    from(layer.reads, layer.where);
    attemptTo(problems, layer.where, () => {
      const cell = layer.make();
      members.push(tapped.has(signal) ? tap(nameOf(signal), cell) : cell);
    });
    before = signal;
  }
  from(parts, 'output');
  if (problems.length > 0) return { problems };
  if (members.length === 0) members.push(activationCell(network.inputSize, 'identity'));
  return { cell: members.length === 1 ? members[0] : chainOf(members), problems };
}

const nameOf = (signal: number) => (signal === 0 ? 'input' : `layer${signal}`);

/** Signals that something else reads than the layer after them alone. */
function tappedSignals(layers: ReadonlyMap<number, Layer>, parts: readonly number[]): Set<number> {
  const tapped = new Set<number>();
  let before = 0;
  const note = (reads: readonly number[]) => {
    if (reads.length === 1 && reads[0] === before) return;
    for (const signal of reads) tapped.add(signal);
  };
  for (const [signal, { reads }] of layers) {
    note(reads);
    before = signal;
  }
  note(parts);
  return tapped;
}

/** Runs something; why it cannot be done is a problem. */
export function attemptTo(problems: Problem[], where: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    problems.push({ where, why: whyOf(error) });
  }
}
