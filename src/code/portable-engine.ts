import { type Graph, portsOf, readersOf } from '../graph/graph.js';
import { portable } from '../kernels/backends.js';
import { heapFor } from '../kernels/heap.js';
import { answersOf, areFinite, type Engine, Pool, roomFor } from './engine.js';
import type { Model } from './model.js';
import type { Rows } from './places.js';

import { Planner } from './portable-graph.js';
import { numbersOf, readerIn } from './readers.js';
import type { RunSequence, RunTurn } from './runs.js';
import type { Arranged, Whole, WholeRoom } from './whole.js';

/** The portable backend: a graph's nodes run one after another on one memory. */
export function portableEngine(model: Model): Engine {
  const { graph } = model;
  const room = graph.sequence ? 0 : roomFor(graph);
  const states: number[] = [];
  const planner = new Planner(model);
  const { inputs, answers } = vectorsOf(graph, room, planner);
  const block = { size: 0 };
  const own = { block, states, begins: true };
  const turn: RunTurn = graph.sequence ? () => 0 : planner.turn(graph, own);
  const whole: RunSequence = model.whole?.run(planner, graph, own) ?? (() => 0);
  const heap = heapFor('portable', planner.scratch);
  const begin = heap.scratch;
  // Without states too, blocks are at different places.
  const pool = new Pool(heap, Math.max(1, block.size));
  const placed = (rows: Rows): Rows => ({ ...rows, at: rows.at + begin });
  const ports = inputs.map(placed);
  const results = answers.map(placed);
  let last: Arranged | undefined;
  return {
    ...{ backend: portable, pool, room, model, states },
    ...{ inputs: ports, outputs: results, output: results[0] },
    ...stepping(graph, ports, pool, turnAt(turn, pool, begin, ports, results)),
    sequence(steps) {
      const room: WholeRoom = {
        ...{ heap, inner: planner.scratch, pitch: size => size },
        call: (at, rows, counts, now) => whole(pool.memory, at, rows, counts, now, now),
      };
      const run = (model.whole as Whole).sequence(graph, room, steps);
      last = run;
      return run;
    },
    reader(number) {
      const { rows, counts, scratch } = last ?? valuesOf(graph, ports, planner, begin);
      const values = rows.map((own, i) => ({ rows: own, count: counts[i] }));
      return readerIn(model, number, values, own => planner.value(own, scratch));
    },
  };
}

/** Where the values of a graph of steps are: one of each, but the inputs of all streams. */
function valuesOf(
  graph: Graph,
  ports: readonly Rows[],
  planner: Planner,
  scratch: number,
): Arranged {
  const { nodes } = graph;
  const numbers = numbersOf(graph);
  const own = [...ports];
  const rows = nodes.map(({ op }, i) =>
    op === 'port' ? (own.shift() as Rows) : planner.value(numbers[i], scratch).rows,
  );
  return { rows, counts: nodes.map(({ op }) => (op === 'port' ? undefined : 1)), scratch };
}

/** Steps one stream, whose inputs and outputs are the j-th. */
type TurnAt = (now: number, next: number, j: number) => number;

function turnAt(
  turn: RunTurn,
  pool: Pool,
  begin: number,
  ports: readonly Rows[],
  results: readonly Rows[],
): TurnAt {
  const addresses = ports.map(() => 0);
  const written = results.map(() => 0);
  return (now, next, j) => {
    for (let k = 0; k < ports.length; k++) addresses[k] = ports[k].at + j * ports[k].stride;
    for (let k = 0; k < results.length; k++) written[k] = results[k].at + j * results[k].stride;
    return turn(pool.memory, begin, addresses, now, next, written);
  };
}

/** The functions of an engine that step streams. */
function stepping(
  graph: Graph,
  ports: readonly Rows[],
  pool: Pool,
  run: TurnAt,
): Pick<Engine, 'step' | 'streams' | 'steps'> {
  const numbers = numbersOf(graph);
  /** The number of the first node that reads each port. */
  const firsts = readersOf(graph).map(([, reader]) => numbers[reader]);
  return {
    step(now, next) {
      for (let k = 0; k < ports.length; k++) {
        if (!areFinite(pool.memory, ports[k].at, ports[k].size)) return firsts[k];
      }
      return run(now, next, 0);
    },
    streams(now, next, count) {
      const size = pool.block;
      for (let j = 0; j < count; j++) {
        const refused = run(now + j * size, next + j * size, j);
        if (refused) return refused;
      }
      return 0;
    },
    steps(now, next, spare, count) {
      let from = now;
      let to = next;
      for (let t = 0; t < count; t++) {
        const refused = run(from, to, t);
        if (refused) return refused;
        [from, to] = [to, to === next ? spare : next];
      }
      return 0;
    },
  };
}

/** Where a graph of steps has its inputs and answers, behind where scratch begins. */
function vectorsOf(graph: Graph, room: number, planner: Planner) {
  const rowsOf = (size: number): Rows => ({ at: planner.take(size * room), stride: size, size });
  const { nodes } = graph;
  const inputs = portsOf(graph).map(({ size }) => rowsOf(size));
  const answers = answersOf(graph).map(i =>
    nodes[i].op === 'port' ? inputs[i] : rowsOf(nodes[i].size),
  );
  return { inputs, answers };
}
