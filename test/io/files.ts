import { expect } from 'vitest';
import { RecurError } from '../../src/index.js';

/** A file of this header, an object or JSON that no object gives, and data. */
export function fileOf(header: unknown, data: ArrayLike<number> | number = 0): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const own = typeof data === 'number' ? new Uint8Array(data) : Uint8Array.from(data);
  const bytes = new Uint8Array(8 + json.length + own.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(own, 8 + json.length);
  return bytes;
}

/** What a header says of a tensor. */
export interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A file's header and data, read as its format says, without the library. */
export function partsOf(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const { __metadata__: metadata = {}, ...tensors } = header;
  return {
    metadata: metadata as Record<string, string>,
    tensors: tensors as Record<string, Entry>,
    data: bytes.subarray(start),
  };
}

type Parts = ReturnType<typeof partsOf>;

/** A file with its header changed, or what `edit` returns in place of its parts. */
export function edited(bytes: Uint8Array, edit: (parts: Parts) => void): Uint8Array {
  const parts = { ...partsOf(bytes), data: partsOf(bytes).data.slice() };
  edit(parts);
  return fileOf({ __metadata__: parts.metadata, ...parts.tensors }, parts.data);
}

/** A model file with its description changed. */
export function described<T = unknown>(bytes: Uint8Array, edit: (model: T) => void): Uint8Array {
  return edited(bytes, ({ metadata }) => {
    const model = JSON.parse(metadata.model);
    edit(model as T);
    metadata.model = JSON.stringify(model);
  });
}

/** The message of the RecurError that a call must throw. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(RecurError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
