import { chain, dense, gru, gruCell } from '../../../src/index.js';
import { arrow, box, path, picture, text } from './svg.js';

const panel = (left: number, title: string, words: string) => [
  text(left + 110, 32, title, 'middle'),
  text(left + 110, 208, words, 'code middle soft'),
];

/** A box with a name, between an input and an output. */
const node = (x: number, y: number, width: number, name: string, colour: string) =>
  box(x, y, width, 48, `mark ${colour}`) + text(x + width / 2, y + 29, name, 'code middle');

/** docs/cell-layer-network.svg */
export function networkPicture(): string {
  const [cell, layer, network] = [gruCell(2, 4), gru(2, 4), chain(gru(2, 4), dense(4, 1))];
  const dots = (x: number, y: number) =>
    [0, 16, 32].map(d => `<circle class="dot one" cx="${x + d}" cy="${y}" r="4"/>`).join('');
  return picture(
    {
      title: 'Cell, layer, network',
      text: `A cell, ${cell}, is a pure function from a state and an input to the next state and an output. A layer, ${layer}, is an operator: it threads the state through a stream of events. A network, ${network}, is layers in a chain: one operator, whose step goes through all of them.`,
      width: 780,
      height: 230,
    },
    ...panel(20, 'a cell: a pure function', "(h, x) => [h', y]"),
    text(30, 95, 'h', 'code'),
    text(30, 135, 'x', 'code'),
    arrow(44, 91, 82),
    arrow(44, 131, 82),
    box(86, 72, 90, 78, 'mark two') + text(131, 116, 'cell', 'code middle'),
    arrow(178, 91, 216),
    arrow(178, 131, 216),
    text(222, 95, "h'", 'code'),
    text(222, 135, 'y', 'code'),
    ...panel(280, 'a layer: an operator', 'x$.pipe(layer)'),
    dots(285, 111),
    arrow(328, 111, 346),
    node(350, 87, 90, 'cell', 'two'),
    path('M440,98h14v-32h-118v32h10m-6,-5l6,5l-6,5', 'line'),
    text(395, 60, 'h', 'code middle'),
    arrow(444, 118, 464),
    dots(474, 118),
    ...panel(545, 'a network: layers in a chain', 'x$.pipe(chain(gru, dense))'),
    box(562, 62, 190, 98),
    node(574, 87, 76, 'gru', 'two'),
    arrow(652, 111, 664),
    node(668, 87, 76, 'dense', 'three'),
    arrow(540, 111, 560),
    arrow(753, 111, 774),
  );
}
