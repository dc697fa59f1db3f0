import { mismatch, shapeText } from '../errors.js';
import { quoted } from './json.js';

/** One direction of one layer of a recurrent module. */
export interface Direction {
  /** Names of tensors by what they are: `weight_ih`. */
  readonly names: ReadonlyMap<string, string>;
}

/** The tensors of one module. */
export interface Group {
  /** What their names begin with: `encoder.`. */
  readonly prefix: string;
  /** By layer, then forward and backward; of a recurrent module. */
  readonly layers: Direction[][];
  /** Names by what they are, `weight`; of another module. */
  readonly names: Map<string, string>;
}

/** Layers that a module may tell of, far more than any has. */
const mostLayers = 256;

const recurrent = /^(.*?)((?:weight|bias)_(?:ih|hh|hr))(?:_l(\d{1,4})(_reverse)?)?$/s;
const plain = /^(.*?)(weight|bias|alpha|running_mean|running_var|num_batches_tracked)$/s;

/** The tensors of a `state_dict` by module, in the order in which modules first appear. */
export function groupsOf(names: readonly string[]): Group[] {
  const groups = new Map<string, Group>();
  const groupOf = (prefix: string) => {
    const group = groups.get(prefix) ?? { prefix, layers: [], names: new Map() };
    groups.set(prefix, group);
    return group;
  };
  for (const name of names) {
    const found = recurrent.exec(name);
    if (found) addLayer(groupOf(found[1]), name, found);
    else {
      const [, prefix, own] = plain.exec(name) ?? [];
      const known = own !== undefined && (prefix === '' || prefix.endsWith('.'));
      if (!known) {
        const hint = /weight(Ih|Hh)$/.test(name) ? 'load reads model files of rxrecur' : undefined;
        throw mismatch(where(name), "a module's tensor, such as head.weight", 'another', hint);
      }
      groupOf(prefix).names.set(own, name);
    }
  }
  for (const { prefix, layers, names: others } of groups.values()) {
    const hole = Array.from(layers, layer => layer?.[0]).indexOf(undefined as never);
    if (hole >= 0) throw mismatch(where(prefix), `the layer l${hole}`, 'none');
    if (layers.length && others.size) {
      throw mismatch(where(prefix), 'the tensors of one module', 'those of two');
    }
  }
  return [...groups.values()];
}

function addLayer({ layers }: Group, name: string, found: RegExpExecArray): void {
  const [, , own, index = '0', reverse] = found;
  const layer = Number(index);
  if (layer >= mostLayers) throw mismatch(where(name), `a layer below l${mostLayers}`, index);
  layers[layer] ??= [];
  const direction = reverse ? 1 : 0;
  layers[layer][direction] ??= { names: new Map() };
  const { names } = layers[layer][direction] as { names: Map<string, string> };
  if (names.has(own)) throw mismatch(where(name), 'one tensor', 'two', 'of a cell and a layer');
  names.set(own, name);
}

/** What messages call a tensor, or the tensors that begin with it. */
export function where(name: string): string {
  return `state_dict ${quoted(name)}`;
}

/** The sizes of a tensor, each at least 1. */
export function sizesOf(
  name: string,
  shape: readonly number[] | undefined,
  dimensions: number,
  meaning: string,
): readonly number[] {
  const fits = shape?.length === dimensions && shape.every(n => Number.isSafeInteger(n) && n > 0);
  if (fits) return shape;
  const letters = Array.from({ length: dimensions }, (_, i) => 'abc'[i] ?? 'n');
  throw mismatch(
    where(name),
    `${shapeText(letters)} (${meaning})`,
    shape ? shapeText(shape) : 'none',
  );
}
