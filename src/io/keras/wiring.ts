import { activationCell } from '../../cells/activation.js';
import { read, tap } from '../../layers/taps.js';
import { windowCell } from '../../layers/window.js';
import type { AnyCell } from '../../streams/cell.js';
import type { Member } from '../../streams/members.js';
import { rowOf } from './cells.js';
import type { Graph } from './graph.js';
import type { Built, Flow, LayerContext, Part } from './layer.js';

/** A layer's cells, its name, and those of its inputs. */
export interface Piece extends Built {
  readonly id: string;
  readonly inputs: readonly string[];
}

/** True for a place among cells. */
export const isMark = (part: Part): part is Exclude<Part, AnyCell> => {
  return 'window' in part || 'tap' in part || 'read' in part;
};

/** True for a row of which some runs in a window. */
export function hasWindow(parts: readonly Part[]): boolean {
  return parts.some(part => 'window' in part);
}

/**
 * A graph as the members of one chain: what somebody other than the next layer reads is named by a
 * tap, whose name begins with `prefix`, and who reads anything but what came last says so.
 */
export function partsOf(graph: Graph, pieces: readonly Piece[], prefix: string): Part[] {
  const aliases = aliasesOf(pieces);
  const real = (id: string) => aliases.get(id) ?? id;
  const steps = pieces.filter(({ id }) => !aliases.has(id));
  const readers = [...steps.map(({ inputs }) => inputs), graph.outputs].map(ids => ids.map(real));
  const row = [graph.inputs[0], ...steps.map(({ id }) => id)];
  // The i-th reader comes after the i-th of the row.
  const isNext = (ids: readonly string[], i: number) => ids.length === 1 && ids[0] === row[i];
  const tapped = new Set(readers.flatMap((ids, i) => (isNext(ids, i) ? [] : ids)));
  const names = new Map(row.map((id, i) => [id, `${prefix}${i}`]));
  return readers.flatMap((ids, i): readonly Part[] => [
    ...(tapped.has(row[i]) ? [{ tap: names.get(row[i]) as string }] : []),
    ...(isNext(ids, i) ? [] : [{ read: ids.map(id => names.get(id) as string) }]),
    ...(steps[i]?.members ?? []),
  ]);
}

/** A row of cells, and the windows in which some of them run. */
export function wired(parts: readonly Part[], input: Flow, { refuse }: LayerContext): Member[] {
  let members: Member[] = [];
  /** Where the window began that is open. */
  let outside: { members: Member[]; region: object; steps: number } | undefined;
  /** The size of what comes in, until a cell tells it. */
  let size: number | undefined = input.size;
  /** Taps can be read in the window, or outside of all, where they are. */
  let region = {};
  const regions = new Map<string, object>();
  const end = () => {
    const steps = outside ? outside.steps : input.steps;
    if (steps === undefined) return refuse('Flatten of an unknown number of steps');
    const own = size === undefined ? [windowCell(steps, rowOf(members))] : [];
    members = [...(outside?.members ?? []), ...own];
    region = outside?.region ?? {};
    outside = undefined;
    // Of a window without cells, what came in is the vector behind it.
    if (size !== undefined) size *= steps;
  };
  for (const part of parts) {
    if (!isMark(part)) {
      members.push(part);
      size = undefined;
    } else if ('tap' in part) {
      members.push(tap(part.tap));
      regions.set(part.tap, region);
    } else if ('read' in part) {
      const isHere = part.read.every(name => regions.get(name) === region);
      if (!isHere) refuse('steps of a window, read in another or after it');
      if (size !== undefined) members.unshift(activationCell(size, 'identity'));
      size = undefined;
      members.push(read(...part.read));
    } else if (part.window === 'end') end();
    else {
      if (outside) refuse('a window of steps within another');
      outside = { members, region, steps: part.window };
      [members, region, size] = [[], {}, part.size];
    }
  }
  if (outside) end();
  return members.length ? members : [activationCell(input.size, 'identity')];
}

/** Layers that are what comes into them, by what that is. */
function aliasesOf(pieces: readonly Piece[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const { id, members, inputs } of pieces) {
    if (members.length || inputs.length !== 1) continue;
    aliases.set(id, aliases.get(inputs[0]) ?? inputs[0]);
  }
  return aliases;
}
