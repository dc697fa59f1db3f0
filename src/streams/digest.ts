import type { EquationSpec } from '../graph/spec.js';
import { type AnyCell, internals, type LayerSpec } from './cell.js';
import { children } from './children.js';
import { layerSignature } from './model.js';

// Digests have 64 bits, as hexadecimal digits.

/** Of a model's equations: tells whether a state fits. */
export const graphOf = /* @__PURE__ */ digestBy((cell, digest) => {
  digest.text(layerSignature(cell));
  eachLayer(cell, spec => {
    if (spec.kind !== 'equations') return spec.unprinted && digest.text(spec.unprinted());
    const { text, declarations } = spec.definition;
    // Whatever its white space.
    const lines = text
      .trim()
      .replace(/\s*\n\s*/g, '\n')
      .replace(/ +/g, ' ');
    // What training leaves alone is no matter of states.
    digest.text(lines + JSON.stringify({ ...declarations, statistics: undefined }));
  });
});

/** Of a model's parameters: differs if any bit of them does. */
export const weightsOf = /* @__PURE__ */ digestBy((cell, digest) => {
  eachLayer(cell, ({ params }) => {
    for (const [name, { buffer, byteOffset, length }] of Object.entries(params)) {
      digest.text(name);
      for (const bits of new Int32Array(buffer, byteOffset, length)) digest.add(bits);
    }
  });
});

/** What `write` says of a cell, digested once. */
function digestBy(write: (cell: AnyCell, digest: Digest) => void): (cell: AnyCell) => string {
  const known = new WeakMap<AnyCell, string>();
  return cell => {
    let text = known.get(cell);
    if (text === undefined) {
      const digest = new Digest();
      write(cell, digest);
      text = String(digest);
      known.set(cell, text);
    }
    return text;
  };
}

/** Visits what has parameters of its own, members first. */
function eachLayer(cell: AnyCell, visit: (spec: EquationSpec | LayerSpec) => void): void {
  const { spec } = cell[internals];
  for (const member of children(cell)) eachLayer(member, visit);
  if (spec.kind !== 'function') visit(spec);
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
