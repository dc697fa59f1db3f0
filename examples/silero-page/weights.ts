/** The float32 tensors of a safetensors file: a header in JSON says where each lies behind it. */
export async function fetchTensors(url: string): Promise<Record<string, Float32Array>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}, see README.md`);
  const file = await response.arrayBuffer();
  const length = new DataView(file).getUint32(0, true); // of 8 bytes, the upper ones 0
  const header = JSON.parse(new TextDecoder().decode(file.slice(8, 8 + length)));
  const places = Object.entries(header as Record<string, { data_offsets: number[] }>);
  const tensors = places.map(([name, { data_offsets: offsets }]) => {
    const [begin, end] = offsets.map(offset => 8 + length + offset);
    return [name, new Float32Array(file.slice(begin, end))] as const;
  });
  return Object.fromEntries(tensors);
}
