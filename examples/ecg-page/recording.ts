import recordingUrl from '../ecg/ecg-208.csv?url';
import weightsUrl from '../ecg/weights.safetensors?url';

/** Samples a second; an alarm starts above `threshold`; a forecast is `lead` samples ahead. */
export const { hz, threshold, lead } = ECG_SETTINGS;

async function bytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The float32 tensors of a safetensors file: a header in JSON says where each lies behind it. */
function tensorsOf(file: Uint8Array): Record<string, Float32Array> {
  const length = new DataView(file.buffer).getUint32(0, true); // of 8 bytes, the upper ones 0
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const { __metadata__: _, ...places } = header as Record<string, { data_offsets: number[] }>;
  const all = Object.entries(places).map(([name, { data_offsets: offsets }]) => {
    const [begin, end] = offsets.map(offset => 8 + length + offset);
    return [name, new Float32Array(file.slice(begin, end).buffer)] as const;
  });
  return Object.fromEntries(all);
}

/** The recording, mV `[36000]` in float32, and the two nets' weights. */
export async function fetchAll() {
  const [csv, weights] = await Promise.all([recordingUrl, weightsUrl].map(bytes));
  const rows = new TextDecoder().decode(csv).trim().split('\n').slice(1);
  const mv = Float32Array.from(rows, row => Number(row.slice(row.indexOf(',') + 1)));
  return { mv, tensors: tensorsOf(weights) };
}
