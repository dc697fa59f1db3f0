import { type AnyCell, internals } from '../equations/cell.js';
import { layerSignature } from './chain.js';

/** A digest of a model's equations, and one of its parameters: 64 bits each, in hexadecimal digits. */
export interface Digests {
  readonly graph: string;
  readonly weights: string;
}

const known = /* @__PURE__ */ new WeakMap<AnyCell, Digests>();

/**
 * The digests of a cell. `graph` tells whether a state fits: it is made of the cell as printed and the
 * texts of its equations, whatever their white space. `weights` differs if any bit of a parameter does.
 */
export function digestsOf(cell: AnyCell): Digests {
  let digests = known.get(cell);
  if (!digests) {
    const [graph, weights] = [new Digest(), new Digest()];
    graph.text(layerSignature(cell));
    walk(cell, graph, weights);
    digests = { graph: String(graph), weights: String(weights) };
    known.set(cell, digests);
  }
  return digests;
}

function walk(cell: AnyCell, graph: Digest, weights: Digest): void {
  const { spec } = cell[internals];
  if (spec.kind === 'function') return;
  if ('members' in spec) for (const member of spec.members) walk(member, graph, weights);
  if (spec.kind === 'chain') return;
  if (spec.kind === 'equations') {
    const { text, declarations } = spec.definition;
    const lines = text
      .trim()
      .replace(/\s*\n\s*/g, '\n')
      .replace(/ +/g, ' ');
    graph.text(lines + JSON.stringify(declarations));
  }
  for (const [name, { buffer, byteOffset, length }] of Object.entries(spec.params)) {
    weights.text(name);
    for (const bits of new Int32Array(buffer, byteOffset, length)) weights.add(bits);
  }
}

/** Two lanes of MurmurHash3 (Appleby 2011), which begin at different numbers. */
class Digest {
  #one = 0;
  #other = 0x9747b28c;

  add(word: number): void {
    const turned = Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    this.#one = (Math.imul(rotated(this.#one ^ turned, 13), 5) + 0xe6546b64) | 0;
    this.#other = (Math.imul(rotated(this.#other ^ turned, 13), 5) + 0xe6546b64) | 0;
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
    this.add(text.length);
  }

  toString(): string {
    return hexadecimal(this.#one) + hexadecimal(this.#other);
  }
}

const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by));

function hexadecimal(lane: number): string {
  const half = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  const mixed = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
