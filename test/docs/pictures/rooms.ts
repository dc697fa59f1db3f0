import { readdirSync, readFileSync } from 'node:fs';
import { root } from '../blocks.js';
import { box, path, picture, text } from './svg.js';

/** What is in a room, in a few words. */
const words: Readonly<Record<string, string>> = {
  errors: 'errors and their form',
  arrays: 'ndarrays, buffers of outputs',
  kernels: 'WebAssembly, products, activations',
  graph: 'texts and models as data',
  code: 'a graph made runnable',
  streams: "a stream's state, step by step",
  cells: 'a cell is one text',
  layers: 'a layer is one graph',
  durable: 'jobs that survive, logs',
  operators: 'recur and the like: RxJS',
  learning: 'losses, optimisers, fit',
  io: 'readers and writers of files',
  cli: 'the command: Node',
};

/** The rooms that the linter knows and that there are, lowest first. */
export async function roomsOf(): Promise<readonly string[]> {
  const { rooms, tops } = await import(`${root}.dependency-cruiser.mjs`);
  const names = readdirSync(`${root}src`).map(name => name.replace(/[.]ts$/, ''));
  return [...rooms, ...tops].filter(room => names.includes(room));
}

/** Source files by room. */
function filesOf(rooms: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const paths = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file.endsWith('.ts'));
  return new Map(rooms.map(room => [room, paths.filter(file => roomOf(file) === room)]));
}

/** Doors are no rooms, but one has a room's name. */
const roomOf = (file: string) => (file === 'durable.ts' ? '' : file.split(/[/.]/)[0]);

/** The rooms that files of a room import. */
function importsOf(files: readonly string[]): ReadonlySet<string> {
  const found = files.flatMap(file =>
    Array.from(
      readFileSync(`${root}src/${file}`, 'utf8').matchAll(/(?:from |import\()'([.][^']+)'/g),
      match => roomOf(new URL(match[1], `file:///${file}`).pathname.slice(1)),
    ),
  );
  return new Set(found);
}

/** docs/rooms.svg: which room imports which, as the sources say. */
export async function roomsPicture(): Promise<string> {
  const rooms = await roomsOf();
  const files = filesOf(rooms);
  const [left, top, row, column] = [420, 62, 30, 30];
  const x = (i: number) => left + i * column;
  const y = (i: number) => top + (rooms.length - 1 - i) * row;
  const width = x(rooms.length) + 80;
  const rows = rooms.map((room, i) => {
    const own = files.get(room) ?? [];
    const imports = importsOf(own);
    return [
      path(`M24,${y(i) + 22}H${x(rooms.length)}`, 'line thin'),
      text(24, y(i) + 14, room, 'code'),
      text(120, y(i) + 14, words[room], 'small soft'),
      text(left - 20, y(i) + 14, String(own.length), 'small end'),
      ...rooms.map((other, k) => {
        if (k === i) return box(x(k) + 4, y(i), 18, 18, 'mark two');
        if (!imports.has(other)) return '';
        return `<circle class="dot one" cx="${x(k) + 13}" cy="${y(i) + 9}" r="5"/>`;
      }),
    ].join('');
  });
  const names = rooms.map((room, k) => {
    const at = `${x(k) + 8},${top - 8}`;
    return `<g transform="translate(${at}) rotate(-40)">${text(0, 0, room, 'code small')}</g>`;
  });
  const told = rooms.map(room => {
    const imported = rooms.filter(other => {
      return other !== room && importsOf(files.get(room) ?? []).has(other);
    });
    return `${room} imports ${imported.join(', ') || 'none'}`;
  });
  return picture(
    {
      title: 'The rooms of src',
      text: `Each row is a room, with its number of files; a dot marks a room that it imports. All dots are on the left of the diagonal, so imports run one way. ${told.join('; ')}.`,
      width,
      height: top + rooms.length * row + 16,
    },
    text(left - 20, top - 8, 'files', 'small soft end'),
    ...names,
    ...rows,
  );
}
