import { read, tap } from '../../layers/taps.js';
import { windowCell } from '../../layers/window.js';
import type { Member } from '../../streams/members.js';
import { rowOf } from './cells.js';
import type { Graph } from './graph.js';
import type { Built, Flow, LayerContext } from './layer.js';

/** A layer's cells, its name, and those of its inputs. */
export interface Piece extends Built {
  readonly id: string;
  readonly inputs: readonly string[];
}

/**
 * A graph as the members of one chain: what somebody other than the next layer reads is named by a
 * tap, and who reads anything but what came last says so.
 */
export function wired(
  graph: Graph,
  pieces: readonly Piece[],
  input: Flow,
  context: LayerContext,
): Member[] {
  const aliases = aliasesOf(pieces);
  const real = (id: string) => aliases.get(id) ?? id;
  const steps = pieces.filter(({ id }) => !aliases.has(id));
  const readers = [...steps.map(({ inputs }) => inputs), graph.outputs].map(ids => ids.map(real));
  const row = [graph.inputs[0], ...steps.map(({ id }) => id)];
  // The i-th reader comes after the i-th of the row.
  const isNext = (ids: readonly string[], i: number) => ids.length === 1 && ids[0] === row[i];
  const tapped = new Set(readers.flatMap((ids, i) => (isNext(ids, i) ? [] : ids)));
  const names = new Map(row.map((id, i) => [id, `${i}`]));
  let members: Member[] = [];
  for (const [i, ids] of readers.entries()) {
    if (tapped.has(row[i])) members.push(tap(names.get(row[i]) as string));
    if (!isNext(ids, i)) members.push(read(...ids.map(id => names.get(id) as string)));
    if (i === steps.length) break;
    members.push(...steps[i].members);
    if (!steps[i].window) continue;
    if (tapped.size) context.refuse('Flatten, where layers read more than the one before them');
    if (input.steps === undefined) return context.refuse('Flatten of an unknown number of steps');
    members = [windowCell(input.steps, rowOf(members))];
  }
  return members;
}

/** Layers that are what comes into them, by what that is. */
function aliasesOf(pieces: readonly Piece[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const { id, members, inputs, window } of pieces) {
    if (members.length || inputs.length !== 1 || window) continue;
    aliases.set(id, aliases.get(inputs[0]) ?? inputs[0]);
  }
  return aliases;
}
