import { gather } from '../code/gather.js';
import type { Model, ModelBuilder } from '../code/model.js';
import { demand, mismatch } from '../errors.js';
import type { Move, Node, Run } from '../graph/graph.js';

/**
 * Runs of four numbers, `from, at, step, count`; or runs that are repeated, as a list: how often,
 * then each of them with a fifth number, by which `at` grows from time to time.
 */
export type Wires = readonly (number | readonly number[])[];

/** Runs that lists stand for: a short list must not ask for any amount of memory. */
export const mostRepeated = 2 ** 18;

/** One after another, and where each one is among the wires. */
export function* runsOf(wires: Wires): Generator<readonly [run: readonly number[], at: number]> {
  let left = mostRepeated;
  for (let i = 0; i < wires.length; ) {
    const entry = wires[i];
    if (typeof entry === 'number') yield [wires.slice(i, i + 4) as number[], i];
    else {
      yield* repeated(entry, i, left);
      left -= (entry[0] * (entry.length - 1)) / 5;
    }
    i += typeof entry === 'number' ? 4 : 1;
  }
}

function* repeated(entry: readonly number[], i: number, left: number): ReturnType<typeof runsOf> {
  const [times, ...group] = Array.isArray(entry) ? entry : [];
  const isGroup =
    Number.isInteger(times) && times > 0 && group.length > 0 && group.length % 5 === 0;
  demand(isGroup, `wired.wires[${i}]`, 'how often, and runs of five numbers', entry);
  const count = (times * group.length) / 5;
  demand(count <= left, `wired.wires[${i}]`, `at most ${left} more repeated runs`, count);
  for (let k = 0; k < times; k++) {
    for (let g = 0; g < group.length; g += 5) {
      const [from, at, step, count, by] = group.slice(g, g + 5);
      yield [[from, at + k * by, step, count], i];
    }
  }
}

/** A part of a node's value. */
interface Source {
  readonly node: number;
  readonly at: number;
  readonly size: number;
}

/** Joins the models of members by wires, which are read one after another. */
export class Wiring {
  readonly #builder: ModelBuilder;
  readonly #wires: ReturnType<typeof runsOf>;
  readonly #length: number;
  readonly #sources: Source[];

  constructor(builder: ModelBuilder, wires: Wires, sources: readonly Source[]) {
    this.#builder = builder;
    const all = Array.isArray(wires) ? wires : [];
    this.#wires = runsOf(all);
    this.#length = all.length;
    this.#sources = [...sources];
  }

  /** What the next target, of so many numbers, is made of: runs of the builder's nodes. */
  target(size: number): readonly Run[] {
    const runs: Run[] = [];
    for (let left = size; left > 0; ) {
      const next = this.#wires.next();
      const [run, at] = next.done ? [[], this.#length] : next.value;
      const [from, begin, step, count] = run;
      const source: Source | undefined = this.#sources[from];
      const last = begin + step * (count - 1);
      const limit = from === -1 ? 1 : (source?.size ?? 0);
      const areWhole = [from, begin, step, count].every(Number.isInteger);
      const fits = areWhole && count >= 1 && count <= left;
      if (!fits || Math.min(begin, last) < 0 || Math.max(begin, last) >= limit) {
        const got = `${from}, ${begin}, ${step}, ${count}`;
        const { length } = this.#sources;
        const expected = `a run of at most ${left} numbers of one of ${length} sources`;
        throw mismatch(`wired.wires[${at}]`, expected, got);
      }
      left -= count;
      const own = { step, count };
      runs.push(
        source ? { from: source.node, at: source.at + begin, ...own } : { from, at: 0, ...own },
      );
    }
    return runs;
  }

  /** Throws where wires are left. */
  end(): void {
    const next = this.#wires.next();
    if (!next.done) {
      throw mismatch(`wired.wires[${next.value[1]}]`, 'an end', next.value[0].join(', '));
    }
  }

  /** Adds a member, of an input of so many numbers. */
  member(model: Model, size: number, prefix: string): void {
    const { nodes, output } = this.#builder.body(model, prefix);
    const values: (number | readonly Run[])[] = [];
    const place = (i: number): number => {
      const value = values[i];
      if (typeof value === 'number') return value;
      const node = this.node(value);
      values[i] = node;
      return node;
    };
    for (const node of nodes) {
      if (node.op === 'port') values.push(this.target(size));
      else {
        const [source] = node.of.map(i => values[i]);
        const moved = typeof source === 'object' && movedRuns(node, source);
        values.push(moved || this.#builder.add({ ...node, of: node.of.map(place) }));
      }
    }
    const node = place(output);
    this.#sources.push({ node, at: 0, size: this.#builder.nodes[node].size });
  }

  /** The node of the numbers of some runs: one that is there, if it has just these. */
  node(runs: readonly Run[]): number {
    const [{ from, at, step, count }, ...others] = runs;
    const { nodes } = this.#builder;
    const isSame = from >= 0 && at === 0 && (step === 1 || count === 1);
    if (isSame && !others.length && count === nodes[from].size) return from;
    const of = [...new Set(runs.flatMap(run => (run.from < 0 ? [] : run.from)))];
    const own = runs.map(run => ({ ...run, from: of.indexOf(run.from) }));
    const size = runs.reduce((sum, run) => sum + run.count, 0);
    return this.#builder.add({ op: 'gather', runs: own, of, size, where: 'wired' }, gather);
  }
}

/** The runs that a node which only moves numbers makes of others; undefined for other nodes. */
function movedRuns(node: Node, runs: readonly Run[]): readonly Run[] | undefined {
  if (node.op !== 'move' || node.state || node.of.length > 1) return undefined;
  const moves = [...node.moves].sort((a, b) => a.to - b.to);
  let end = 0;
  const areInRow = moves.every(({ to, count }) => to === end && (end += count) > 0);
  if (!areInRow || end !== node.size) return undefined;
  return moves.flatMap(move => partOf(runs, move));
}

/** So many numbers of some runs. */
function partOf(runs: readonly Run[], { at, count }: Move): readonly Run[] {
  let begin = 0;
  return runs.flatMap(run => {
    const from = Math.max(at, begin);
    const to = Math.min(at + count, begin + run.count);
    const skipped = from - begin;
    begin += run.count;
    return to > from ? [{ ...run, at: run.at + skipped * run.step, count: to - from }] : [];
  });
}
