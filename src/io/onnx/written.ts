import { RecurError } from '../../errors.js';
import type { AnyCell } from '../../streams/cell.js';
import { modelFormat, modelVersion } from '../description.js';
import { modelOf } from '../load.js';
import { roundedKey } from '../rounding.js';
import { encodeModel } from './encode.js';
import { halfName, halved } from './halved.js';
import { descriptionKey, metadataOf, Places } from './metadata.js';
import { elementTypes, type GraphProto, type ModelProto } from './proto.js';
import { tensorOf } from './tensor.js';
import { writable } from './writable.js';
import { writtenGraph } from './write-onnx.js';

/**
 * The cell that a file's metadata describe, if `writeOnnx` makes that very file of it; undefined
 * for one that says nothing, or something else than its graph: that is read as any other.
 */
export function writtenModel(
  bytes: Uint8Array,
  { metadata, graph }: ModelProto & { graph: GraphProto },
): AnyCell | undefined {
  const model = metadata.get(descriptionKey);
  if (model === undefined) return undefined;
  const described = { format: modelFormat, version: modelVersion, model };
  try {
    const places = new Places(bytes.length / 4);
    const values = valuesOf(graph, modelOf(described, places), places.total, bytes.length);
    if (!values) return undefined;
    const cell = writable(modelOf(described, new Places(values)));
    const isHalved = graph.initializers.some(({ type }) => type === elementTypes.float16);
    const own = writtenGraph(cell);
    const rounded = metadata.get(roundedKey);
    const says = { ...metadataOf(cell), ...(rounded && { [roundedKey]: rounded }) };
    const again = encodeModel(isHalved ? halved(own) : own, undefined, says);
    return isSame(again, bytes) ? cell : undefined;
  } catch (error) {
    if (error instanceof RecurError) return undefined;
    throw error;
  }
}

/** The parameters that a file's tensors hold, found by where the writer puts each number. */
function valuesOf(
  { initializers }: GraphProto,
  placed: AnyCell,
  total: number,
  most: number,
): Float32Array | undefined {
  const values = new Float32Array(total).fill(Number.NaN);
  const protos = new Map(initializers.map(proto => [proto.name, proto]));
  const draft = writtenGraph(writable(placed), most);
  for (const { name, dims, values: places, isConstant } of draft.initializers) {
    if (isConstant) continue;
    const proto = protos.get(name) ?? protos.get(halfName(name));
    if (!proto || String(proto.dims) !== String(dims)) return undefined;
    const own = tensorOf(proto).values();
    for (const [i, place] of places.entries()) if (place) values[place - 1] = own[i];
  }
  return values;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
