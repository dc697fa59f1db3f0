import type { BirthOptions, Machine } from './any-machine.js';
import type { CellInternals, CellPorts } from './cell.js';
import { chunkSteps } from './sequences.js';
import type { Sized } from './whole-chunks.js';

type Start = CellInternals['start'];

/** A machine around another one. */
interface Outer extends Machine {
  readonly inner: Machine;
}

/** The place of a machine, with other steps. */
export function machineAround(inner: Machine, steps: Pick<Machine, 'step' | 'chunk'>): Machine {
  const outer: Outer = {
    inner,
    get batch() {
      return inner.batch;
    },
    ...steps,
    commit: () => inner.commit(),
    rollback: () => inner.rollback(),
    follow: other => inner.follow((other as Outer).inner),
    state: () => inner.state(),
    release: () => inner.release(),
  };
  return outer;
}

/**
 * Starts machines that answer records and take chunks whose steps are packed, where `start` starts
 * those that answer packed vectors; `where` is the model in messages.
 */
export function recordMachine(start: Start, ports: CellPorts, where: string): Start {
  const { inputs, outputs } = ports;
  const sizes = { inputSize: inputs.size, outputSize: outputs.size };
  const face = { ...sizes, toString: () => where };
  return (state, options: BirthOptions = {}) => {
    const packed = start(state, options);
    if (outputs.ports.length > 1) return answering(packed, face, ports, options);
    const { chunk } = packed;
    return chunk ? { ...packed, chunk: (_, steps) => chunk(face, steps) } : packed;
  };
}

function answering(
  packed: Machine,
  face: Sized & { readonly outputSize: number },
  ports: CellPorts,
  { transferable, reuse }: BirthOptions,
): Machine {
  const run = chunkSteps(face, { transferable, reuse });
  const answer = (y: unknown) => ports.answer(y, transferable);
  let last: unknown;
  let record: unknown;
  return machineAround(packed, {
    step(x) {
      const y = packed.step(x);
      // Where it is the same array again and again, so is the record.
      if (y !== last) record = answer(y);
      last = y;
      return record;
    },
    chunk(_, steps) {
      const y = run(packed, steps);
      return Array.isArray(y) ? y.map(answer) : answer(y);
    },
  });
}
