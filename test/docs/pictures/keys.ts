import { Subject } from 'rxjs';
import { recur, recurBy, type Snapshot } from '../../../src/index.js';
import { type Colour, marble, operator, path, picture, stream, text, time } from './svg.js';

/** A state in memory: its last event's number, and the event at which it was given up. */
interface Life {
  readonly from: number;
  readonly until?: number;
  readonly value: number;
}

/** Counts keys, two at most with a state, and tells when each state lived. */
function countKeys(ids: readonly string[]) {
  const lives = new Map<string, Life[]>();
  const store = new Map<string, Snapshot>();
  const lines: string[] = [];
  let now = 0;
  const id$ = new Subject<string>();
  id$
    .pipe(
      recurBy(
        recur((h: number, _: number) => [h + 1, h + 1], { initialState: 0 }),
        {
          key: (id: string) => id,
          select: () => 1,
          project: (y, _, id) => ({ id, y }),
          maxKeys: 2,
          evicted({ key, snapshot }) {
            store.set(key, snapshot);
            const own = lives.get(key) ?? [];
            lives.set(key, [...own.slice(0, -1), { ...own[own.length - 1], until: now }]);
          },
          restore: key => store.get(key),
        },
      ),
    )
    .subscribe(({ id, y }) => {
      lines.push(`${id} ${y}`);
      const own = lives.get(id) ?? [];
      const last = own.at(-1);
      const lived = last && last.until === undefined;
      lives.set(id, [
        ...(lived ? own.slice(0, -1) : own),
        { from: lived ? last.from : now, value: y },
      ]);
    });
  for (const id of ids) {
    id$.next(id);
    now++;
  }
  return { lines, lives };
}

const ids = ['a', 'b', 'a', 'c', 'b', 'a'];
const steps = 1.2 * ids.length;
const at = (t: number) => 0.2 + 1.2 * t;
const x = (t: number) => time(at(t)) + 20;
const colours: Readonly<Record<string, Colour>> = { a: 'one', b: 'two', c: 'three' };

/** A key's states along the time: a line where it is in memory, dots where it is in the store. */
function lane(id: string, lives: readonly Life[], y: number): string {
  const colour = colours[id];
  const parts = lives.map(({ from, until, value }, i) => {
    const [begin, end] = [x(from), until === undefined ? time(steps) : x(until)];
    const back = i + 1 < lives.length ? x(lives[i + 1].from) : time(steps);
    return [
      path(`M${begin},${y}H${end}`, `none ${colour}`),
      `<circle class="dot ${colour}" cx="${begin}" cy="${y}" r="5"/>`,
      until === undefined ? '' : path(`M${end},${y - 7}v14m0,-7H${back}`, `none ${colour} dotted`),
      until === undefined ? '' : text(end + 8, y - 7, `${value}, in the store`, 'small soft'),
    ].join('');
  });
  return text(130, y + 5, `state of ${id}`, 'end soft') + parts.join('');
}

/** docs/recur-by.svg */
export function keysPicture(): string {
  const { lines, lives } = countKeys(ids);
  return picture(
    {
      title: 'recurBy with eviction and restore: a marble diagram',
      text: `Events with the keys ${ids.join(', ')} are counted by key, with at most two states in memory: ${lines.join(', ')}. A third key sends the state that was used least recently to the store; when its key comes back, the state goes on from there.`,
      width: 720,
      height: 330,
    },
    stream(40, 'event$', steps),
    ...ids.map((id, i) => marble(at(i), 40, id, colours[id])),
    operator(82, 'recurBy(count, { key, maxKeys: 2, evicted, restore })', steps),
    ...[...lives].map(([id, own], i) => lane(id, own, 160 + 36 * i)),
    stream(288, 'y$', steps),
    ...lines.map((line, i) => marble(at(i), 288, line, colours[ids[i]])),
  );
}
