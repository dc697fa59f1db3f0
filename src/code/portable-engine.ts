import { type Graph, readersOf } from '../graph/graph.js';
import { portable } from '../kernels/backends.js';
import { type Heap, heapFor } from '../kernels/heap.js';
import { areFinite, type Engine, Pool, roomFor } from './engine.js';
import type { Model } from './model.js';
import { Planner } from './portable-graph.js';
import { readerIn } from './readers.js';
import type { PortableBlock } from './runs.js';

/** The portable backend: a graph's nodes run one after another on one memory. */
export function portableEngine(model: Model): Engine {
  const { graph, whole } = model;
  const planner = new Planner(model);
  const own = { block: { size: 0 }, states: [], begins: true };
  const running = (whole?.portable ?? stepping)(planner, graph, own);
  const heap = heapFor('portable', planner.scratch);
  // Without states too, blocks are at different places.
  const pool = new Pool(heap, Math.max(1, own.block.size));
  return { ...{ backend: portable, pool, model, states: own.states }, ...running(heap) } as Engine;
}

/** Plans what runs a graph of steps, and then the functions of an engine. */
function stepping(
  planner: Planner,
  graph: Graph,
  own: PortableBlock,
): (heap: Heap) => Partial<Engine> {
  const { operators } = planner;
  const room = roomFor(graph);
  const { run, numbers, rows } = planner.turn(graph, own, room);
  return heap => {
    const begin = heap.scratch;
    const places = rows.map(place => ({ ...place, at: place.at + begin }));
    const inputs = places.filter((_, i) => graph.nodes[i].op === 'port');
    const output = places[graph.output];
    const addresses = inputs.map(() => 0);
    /** Steps one stream, whose inputs and output are the j-th. */
    const turn = (now: number, next: number, j: number) => {
      for (let k = 0; k < inputs.length; k++) addresses[k] = inputs[k].at + j * inputs[k].stride;
      return run(heap.floats, begin, addresses, now, next, output.at + j * output.stride);
    };
    const readers = readersOf(graph);
    return {
      ...{ room, inputs, output },
      step(now, next) {
        for (const [i, reader] of readers) {
          if (!areFinite(heap.floats, places[i].at, places[i].size)) return numbers[reader];
        }
        return turn(now, next, 0);
      },
      streams(now, next, count) {
        const size = own.block.size;
        for (let j = 0; j < count; j++) {
          const refused = turn(now + j * size, next + j * size, j);
          if (refused) return refused;
        }
        return 0;
      },
      steps(now, next, spare, count) {
        let from = now;
        let to = next;
        for (let t = 0; t < count; t++) {
          const refused = turn(from, to, t);
          if (refused) return refused;
          [from, to] = [to, to === next ? spare : next];
        }
        return 0;
      },
      reader: number => readerIn({ graph, operators }, number, own => planner.value(own, begin)),
    };
  };
}
