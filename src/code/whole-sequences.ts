import { countsOf } from '../graph/counts.js';
import { type Graph, readersOf } from '../graph/graph.js';
import { type Heap, scratchFloats } from '../kernels/heap.js';
import { bytesOf } from './layout.js';
import type { Rows } from './places.js';
import type { Read } from './plans.js';
import { areRowsFinite, runSequence } from './portable-sequences.js';
import { numbersOf, valueIn } from './readers.js';
import { find } from './sequence-readers.js';
import { arranged, roomForCall } from './sequence-rows.js';
import type { SequenceEngine, Whole } from './whole.js';

/** Where values are, how many steps they have, and where scratch begins. */
interface Arranged {
  readonly rows: readonly Rows[];
  readonly counts: readonly number[];
  readonly scratch: number;
}

/** Where a whole sequence finds room, and what runs it there. */
interface Room {
  readonly heap: Heap;
  /** Floats of scratch that a call writes in between. */
  readonly inner: number;
  /** Floats that a vector takes. */
  pitch(size: number): number;
  call(own: Arranged, now: number): number;
  /** The value of a node in a body, by its number. */
  value(number: number, scratch: number): Read;
}

/** How compiled code runs graphs of sequences. */
export const compiledSequences: Whole['compiled'] = (plan, heap, call) =>
  sequences(plan.graph, {
    ...{ heap, inner: plan.scratch / 4, pitch: size => bytesOf(size) / 4 },
    call: ({ rows, counts, scratch }, now) =>
      call(scratch * 4, now * 4, ...rows.flatMap((own, i) => [own.at * 4, counts[i]])),
    value: (number, scratch) => valueIn(plan, number, scratch),
  });

/** How the portable backend runs them. */
export const portableSequences: Whole['portable'] = (planner, graph, own) => {
  const run = runSequence(planner, graph, own);
  const numbers = numbersOf(graph);
  const inner = planner.take(0);
  return heap =>
    sequences(graph, {
      ...{ heap, inner, pitch: size => size },
      call({ rows, counts, scratch }, now) {
        for (const [i, reader] of readersOf(graph)) {
          if (!areRowsFinite(heap.floats, rows[i], counts[i])) return numbers[reader];
        }
        return run(heap.floats, scratch, rows, counts, now, now);
      },
      value: (number, scratch) => planner.value(number, scratch),
    });
};

/** `chain[1].conv1d` at a step of its sequence: `chain[1].[2].conv1d`. */
const whereAt = (where: string, step: number) => where.replace(/[^.]*$/, `[${step}].$&`);

function sequences(graph: Graph, { heap, inner, pitch, call, value }: Room): SequenceEngine {
  const { nodes, output } = graph;
  let last: Arranged;
  return {
    sequence(steps) {
      const counts = countsOf(graph, steps);
      const { end } = arranged(graph, counts, inner, pitch);
      const { at, release } = roomForCall(heap, end, Math.max(scratchFloats, inner));
      const { rows } = arranged(graph, counts, at + inner, pitch);
      const own = { rows, counts, scratch: at };
      last = own;
      return {
        inputs: rows.filter((_, i) => nodes[i].op === 'port'),
        output: rows[output],
        steps: counts[output],
        run: now => call(own, now),
        release,
      };
    },
    reader(number) {
      const { rows, counts, scratch } = last;
      const values = rows.map((own, i) => ({ rows: own, count: counts[i], whereAt }));
      return find(graph, number, own => value(own, scratch), values);
    },
  };
}
