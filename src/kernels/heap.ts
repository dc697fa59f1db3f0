import { type WasmMemory, webAssembly } from './wasm/web-assembly.js';

const pageFloats = 65536 / 4;
/** Floats in a cache line: regions begin on one. */
const lineFloats = 16;
/** A larger region has a heap to itself: 64 MB. */
const largest = 2 ** 24;
/** An empty heap that has grown beyond this is dropped, for memories never shrink: 16 MB. */
const largestIdle = 2 ** 22;

/** Where numbers are needed during one call only: the same for all models of a heap. */
export const scratchFloats = 2 ** 20;

/** The numbers behind a heap, and how to get more room for them. */
interface Store {
  readonly memory?: WasmMemory;
  /** An array of at least so many floats that begins with the numbers of `floats`. */
  grow(floats: Float32Array, length: number): Float32Array;
}

/**
 * One memory for the regions of many models: packed weights, states of streams. Addresses count
 * floats. Freed regions are taken again by those of their size class.
 */
export class Heap {
  /** All numbers; another array once the heap has grown, so look it up at each use. */
  floats: Float32Array = new Float32Array(0);
  /** The memory of WebAssembly code. */
  readonly memory: WasmMemory | undefined;
  /** Room that a call may use, and the next call overwrites. */
  readonly scratch: number;
  /** Regions that were taken and not given back. */
  regions = 0;
  /** True: there was no more room, and nothing has been given back since. */
  full = false;
  readonly #store: Store;
  readonly #free = new Map<number, number[]>();
  #end = 0;

  constructor(store: Store, scratch = scratchFloats) {
    this.#store = store;
    this.memory = store.memory;
    this.scratch = this.allocate(scratch);
    this.regions = 0;
  }

  /** Where a region of so many zeros begins. Throws a RangeError if there is no more room. */
  allocate(size: number): number {
    const length = sizeClass(size);
    let at = this.#free.get(length)?.pop();
    if (at === undefined) {
      at = this.#end;
      const end = at + length;
      if (end > this.floats.length) this.#grow(end);
      this.#end = end;
    } else {
      this.floats.fill(0, at, at + size);
    }
    this.regions++;
    return at;
  }

  #grow(end: number): void {
    this.full = true;
    this.floats = this.#store.grow(this.floats, end);
    this.full = false;
  }

  /** Gives a region back. */
  free(at: number, size: number): void {
    this.full = false;
    const length = sizeClass(size);
    const list = this.#free.get(length);
    if (list) list.push(at);
    else this.#free.set(length, [at]);
    if (--this.regions === 0) abandon(this);
  }
}

/** Whole cache lines, at most a quarter more than asked for, so that others fit in later. */
function sizeClass(size: number): number {
  const lines = Math.max(1, Math.ceil(size / lineFloats));
  const unit = 2 ** Math.max(0, 29 - Math.clz32(lines));
  return Math.ceil(lines / unit) * unit * lineFloats;
}

/** The code that runs on a heap: WebAssembly, or the portable path. */
export type HeapKind = 'wasm' | 'portable';

/** The heaps that small models share. */
const shared: Readonly<Record<HeapKind, Heap[]>> = { wasm: [], portable: [] };

/** Forgets a large heap that is empty; its memory goes to the collector. */
function abandon(heap: Heap): void {
  if (heap.floats.length <= largestIdle) return;
  for (const heaps of Object.values(shared)) {
    const i = heaps.indexOf(heap);
    if (i >= 0) heaps.splice(i, 1);
  }
}

function open(kind: HeapKind, scratch?: number): Heap {
  return new Heap(kind === 'wasm' ? wasmStore() : plainStore, scratch);
}

/** A heap for a model of which one call needs so much scratch: shared, if that is not too much. */
export function heapFor(kind: HeapKind, scratch: number): Heap {
  if (scratch > scratchFloats) return open(kind, scratch);
  const heaps = shared[kind];
  let heap = heaps.find(({ full }) => !full);
  if (!heap) heaps.push((heap = open(kind)));
  return heap;
}

/** A region of a heap. */
export interface Region {
  readonly heap: Heap;
  readonly at: number;
  readonly size: number;
}

/**
 * A region in a heap whose calls may use so much scratch. Small ones share a heap; if all are full,
 * another one is opened. Throws a RangeError if there is no room for that either.
 */
export function allocate(kind: HeapKind, size: number, scratch: number): Region {
  const heaps = shared[kind];
  if (size <= largest && scratch <= scratchFloats) {
    for (let i = heaps.length - 1; i >= 0; i--) {
      const heap = heaps[i];
      if (heap.full) continue;
      try {
        return { heap, at: heap.allocate(size), size };
      } catch {
        // It is full now.
      }
    }
  }
  const heap = open(kind, Math.max(scratch, size > largest ? 1 : scratchFloats));
  const at = heap.allocate(size);
  if (size <= largest && scratch <= scratchFloats) heaps.push(heap);
  return { heap, at, size };
}

const plainStore: Store = {
  grow(floats, length) {
    const larger = new Float32Array(Math.max(length, 2 * floats.length));
    larger.set(floats);
    return larger;
  },
};

function wasmStore(): Store {
  const memory = new (webAssembly().Memory)({ initial: 0 });
  return {
    memory,
    grow({ length }, end) {
      const lacking = Math.ceil((end - length) / pageFloats);
      // Half as much again, so that it happens seldom; just enough where that is too much.
      try {
        memory.grow(Math.max(lacking, Math.ceil(length / pageFloats / 2)));
      } catch {
        memory.grow(lacking);
      }
      return new Float32Array(memory.buffer);
    },
  };
}
