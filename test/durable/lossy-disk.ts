import { setImmediate as turn } from 'node:timers/promises';
import type { Disk, DiskFile } from '../../src/durable/file-disk.js';

/** How a power cut treats what was not yet synced. */
export type Fate = 'lost' | 'kept' | 'sectors';

interface Node {
  readonly ino: number;
  /** What processes see. */
  bytes: Uint8Array;
  /** What is on the disk. */
  stored: Uint8Array;
  /** Writes since the last sync. */
  unsynced: { readonly at: number; readonly bytes: Uint8Array }[];
}

interface Folder {
  readonly seen: Map<string, Node>;
  stored: Map<string, Node>;
}

const sector = 512;

const failure = (code: string, path: string) =>
  Object.assign(new Error(`${code}: ${path}`), { code });

/**
 * A disk in memory that keeps its word and nothing more: a power cut loses any writes, in sectors,
 * that no sync of their file has stored, and any names that no sync of their folder has.
 */
export class LossyDisk {
  readonly #folders = new Map<string, Folder>();
  readonly #random: () => number;
  #inodes = 0;
  #isOff = false;
  /** Called before each sync of a file; what it throws, the sync throws. */
  beforeSync: (path: string) => void = () => {};
  /** Called before each write; it may write a part itself and throw. */
  beforeWrite: (path: string, write: (count: number) => void, length: number) => void = () => {};
  /** Called in the midst of each write, and awaited. */
  duringWrite: (path: string) => Promise<void> | void = () => {};
  /** Called after each creation of a file, and awaited. */
  afterCreate: (path: string) => Promise<void> | void = () => {};

  constructor(random: () => number, ...folders: readonly string[]) {
    this.#random = random;
    for (const folder of folders) this.#folders.set(folder, { seen: new Map(), stored: new Map() });
  }

  /** The disk after the power is back; every process that used this one is gone. */
  cut(fate: Fate): LossyDisk {
    this.#isOff = true;
    const next = new LossyDisk(this.#random);
    next.#inodes = this.#inodes;
    const keeps = () => fate === 'kept' || (fate === 'sectors' && this.#random() < 0.5);
    const nodes = new Map<Node, Node>();
    for (const [path, { seen, stored }] of this.#folders) {
      const names = new Map(stored);
      for (const name of new Set([...seen.keys(), ...stored.keys()])) {
        if (seen.get(name) === stored.get(name) || !keeps()) continue;
        if (seen.has(name)) names.set(name, seen.get(name)!);
        else names.delete(name);
      }
      for (const [name, node] of names) {
        if (!nodes.has(node)) nodes.set(node, afterCut(node, keeps));
        names.set(name, nodes.get(node)!);
      }
      next.#folders.set(path, { seen: names, stored: new Map(names) });
    }
    return next;
  }

  /** The bytes of a file as processes see them, to be looked at or changed. */
  file(path: string): Uint8Array {
    return this.#node(path).bytes;
  }

  /** From now on writes count as synced that are not stored: as after an fsync that failed. */
  forgetUnsynced(path: string): void {
    this.#node(path).unsynced.splice(0);
  }

  paths(): string[] {
    return [...this.#folders].flatMap(([folder, { seen }]) => {
      return [...seen.keys()].map(name => `${folder}/${name}`);
    });
  }

  /** A copy of what processes see, some files changed. */
  copy(change: (path: string, bytes: Uint8Array) => Uint8Array): LossyDisk {
    const next = new LossyDisk(this.#random);
    for (const [path, { seen }] of this.#folders) {
      const names = new Map<string, Node>();
      for (const [name, { ino, bytes }] of seen) {
        const changed = change(`${path}/${name}`, bytes.slice());
        names.set(name, { ino, bytes: changed, stored: changed.slice(), unsynced: [] });
      }
      next.#folders.set(path, { seen: names, stored: new Map(names) });
    }
    next.#inodes = this.#inodes;
    return next;
  }

  /** What a process uses, until it is killed. It takes turns at random with others. */
  disk(isKilled: () => boolean = () => false): Disk {
    const step = async () => {
      // Now and then a process sleeps for as long as others need for a claim and some commits.
      const turns = this.#random() < 0.03 ? 80 : 3;
      for (let i = Math.floor(turns * this.#random()); i >= 0; i--) await turn();
      if (this.#isOff || isKilled()) await new Promise(() => {});
    };
    return {
      open: async (path, flags) => {
        await step();
        if (flags === 'wx+') this.#create(path);
        const node = this.#node(path);
        if (flags === 'wx+') await this.afterCreate(path);
        return this.#open(path, node, step);
      },
      stat: path => {
        const node = this.#entry(path).folder?.seen.get(this.#entry(path).name);
        return node && { ino: node.ino, size: node.bytes.length };
      },
      list: async folder => {
        await step();
        return [...(this.#folders.get(folder)?.seen.keys() ?? [])];
      },
      makeFolder: async folder => {
        await step();
        if (this.#folders.has(folder)) return;
        this.#folders.set(folder, { seen: new Map(), stored: new Map() });
      },
      syncFolder: async path => {
        await step();
        const folder = this.#folders.get(path)!;
        folder.stored = new Map(folder.seen);
      },
      rename: async (from, to) => {
        await step();
        const node = this.#node(from);
        this.#entry(to).folder!.seen.set(this.#entry(to).name, node);
        this.#entry(from).folder!.seen.delete(this.#entry(from).name);
      },
      link: async (from, to) => {
        await step();
        const { folder, name } = this.#entry(to);
        if (folder!.seen.has(name)) throw failure('EEXIST', to);
        folder!.seen.set(name, this.#node(from));
      },
      remove: async path => {
        await step();
        const { folder, name } = this.#entry(path);
        if (!folder?.seen.delete(name)) throw failure('ENOENT', path);
      },
    };
  }

  #open(path: string, node: Node, step: () => Promise<void>): DiskFile {
    return {
      stat: () => ({ ino: node.ino, size: node.bytes.length }),
      async read(into, position) {
        await step();
        const found = node.bytes.subarray(position, position + into.length);
        into.set(found);
        return found.length;
      },
      write: async (bytes, position) => {
        await step();
        const own = bytes.slice();
        const write = (count: number) => put(node, own.subarray(0, count), position);
        this.beforeWrite(path, write, own.length);
        // Others may see the first part of it.
        const part = Math.floor(own.length * this.#random());
        write(part);
        await this.duringWrite(path);
        await step();
        write(own.length);
      },
      sync: async () => {
        await step();
        this.beforeSync(path);
        for (const { at, bytes } of node.unsynced.splice(0)) {
          node.stored = overwritten(node.stored, bytes, at);
        }
        await step();
      },
      close: async () => {},
    };
  }

  #create(path: string): void {
    const { folder, name } = this.#entry(path);
    if (!folder) throw failure('ENOENT', path);
    if (folder.seen.has(name)) throw failure('EEXIST', path);
    const none = new Uint8Array();
    folder.seen.set(name, { ino: ++this.#inodes, bytes: none, stored: none, unsynced: [] });
  }

  #node(path: string): Node {
    const { folder, name } = this.#entry(path);
    const node = folder?.seen.get(name);
    if (!node) throw failure('ENOENT', path);
    return node;
  }

  #entry(path: string) {
    const at = path.lastIndexOf('/');
    return { folder: this.#folders.get(path.slice(0, at)), name: path.slice(at + 1) };
  }
}

function put(node: Node, bytes: Uint8Array, at: number): void {
  node.bytes = overwritten(node.bytes, bytes, at);
  node.unsynced.push({ at, bytes });
}

function overwritten(old: Uint8Array, bytes: Uint8Array, at: number): Uint8Array {
  const next = new Uint8Array(Math.max(old.length, at + bytes.length));
  next.set(old);
  next.set(bytes, at);
  return next;
}

/** The file with some sectors of the writes that were not synced. */
function afterCut(node: Node, keeps: () => boolean): Node {
  let { stored } = node;
  for (const { at, bytes } of node.unsynced) {
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, (Math.floor((at + from) / sector) + 1) * sector - at);
      if (keeps()) stored = overwritten(stored, bytes.subarray(from, to), at + from);
      from = to;
    }
  }
  return { ino: node.ino, bytes: stored, stored, unsynced: [] };
}

/** Numbers from 0 to 1 that a seed decides. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
