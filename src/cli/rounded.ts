import { readSafetensors } from '../io/read-safetensors.js';
import { roundedKey } from '../io/rounding.js';

type Facts = readonly (readonly [name: string, value: unknown])[];

/** What a file says of weights that were rounded; its kinds of numbers, if it says nothing. */
function factsOf(said: string | undefined, kinds: readonly string[]): Facts {
  if (said !== undefined) return [['rounded', said]];
  const small = [...new Set(kinds)].join(', ');
  return small ? [['rounded', `${small}; the file does not say how far they are off`]] : [];
}

/** Of a safetensors file. */
export function roundedIn(bytes: Uint8Array): Facts {
  const { metadata } = readSafetensors(bytes);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  const names: Readonly<Record<string, string>> = { F16: 'float16', BF16: 'bfloat16' };
  const dtypes = Object.values<{ dtype?: unknown }>(header).map(({ dtype }) => String(dtype));
  const kinds = dtypes.flatMap(dtype => (Object.hasOwn(names, dtype) ? [names[dtype]] : []));
  return factsOf(metadata[roundedKey], kinds);
}

/** Of an ONNX file. */
export async function roundedInOnnx(bytes: Uint8Array): Promise<Facts> {
  const { graphIn } = await import('../io/onnx/open-model.js');
  const { elementTypes } = await import('../io/onnx/proto.js');
  const { graph, metadata } = graphIn(bytes);
  const kinds = (['float16', 'bfloat16'] as const).filter(kind =>
    graph.initializers.some(({ type }) => type === elementTypes[kind]),
  );
  return factsOf(metadata.get(roundedKey), kinds);
}
