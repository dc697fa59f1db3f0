/** A function as WebAssembly text, a line for each instruction that leaves nothing behind. */
export interface Disassembled {
  readonly name: string;
  /** Bytes of its code. */
  readonly bytes: number;
  readonly instructions: number;
  /** Types of its locals, the parameters aside. */
  readonly locals: readonly string[];
  readonly lines: readonly string[];
}

type Operand = 'number' | 'local' | 'block' | 'memory' | 'lanes' | 'none';

/** The instructions that src/kernels/wasm composes, with what follows the opcode. */
const plain: Readonly<Record<number, readonly [name: string, operand: Operand]>> = {
  3: ['loop', 'block'],
  4: ['if', 'block'],
  11: ['end', 'none'],
  13: ['br_if', 'number'],
  15: ['return', 'none'],
  16: ['call', 'number'],
  32: ['local.get', 'local'],
  33: ['local.set', 'local'],
  34: ['local.tee', 'local'],
  65: ['i32.const', 'number'],
  70: ['i32.eq', 'none'],
  73: ['i32.lt_u', 'none'],
  106: ['i32.add', 'none'],
  107: ['i32.sub', 'none'],
  108: ['i32.mul', 'none'],
};

/** Those with the prefix 0xfd. */
const vector: Readonly<Record<number, readonly [name: string, operand: Operand]>> = {
  0: ['v128.load', 'memory'],
  9: ['v128.load32_splat', 'memory'],
  11: ['v128.store', 'memory'],
  13: ['i8x16.shuffle', 'lanes'],
  67: ['f32x4.lt', 'none'],
  69: ['f32x4.le', 'none'],
  78: ['v128.and', 'none'],
  79: ['v128.andnot', 'none'],
  80: ['v128.or', 'none'],
  81: ['v128.xor', 'none'],
  82: ['v128.bitselect', 'none'],
  83: ['v128.any_true', 'none'],
  171: ['i32x4.shl', 'none'],
  172: ['i32x4.shr_s', 'none'],
  174: ['i32x4.add', 'none'],
  177: ['i32x4.sub', 'none'],
  224: ['f32x4.abs', 'none'],
  225: ['f32x4.neg', 'none'],
  228: ['f32x4.add', 'none'],
  229: ['f32x4.sub', 'none'],
  230: ['f32x4.mul', 'none'],
  231: ['f32x4.div', 'none'],
  234: ['f32x4.pmin', 'none'],
  235: ['f32x4.pmax', 'none'],
  261: ['f32x4.relaxed_madd', 'none'],
};

/** Instructions after which a line ends: what they leave is in a local, in memory or nowhere. */
const ending = /^(local\.set|v128\.store|br_if|loop|if|end|return)\b/;
const types: Readonly<Record<number, string>> = { 127: 'i32', 123: 'v128' };

/** Reads bytes in order. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++];
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  signed(): number {
    let value = 0;
    for (let shift = 0; ; ) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) return byte & 64 && shift < 32 ? value | (-1 << shift) : value;
    }
  }

  take(count: number): Uint8Array {
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }

  text(): string {
    return String.fromCharCode(...this.take(this.unsigned()));
  }
}

/**
 * What lies at an offset from a function's parameter, or from a pointer in a local that began as
 * one;
 * undefined: nothing to tell.
 */
export type Annotate = (base: string, offset: number) => string | undefined;

const longest = 92;

/** The functions of a module that `assemble` made; `parameters` are the names of theirs. */
export function disassemble(
  bytes: Uint8Array,
  parameters: readonly string[],
  annotate: Annotate = () => undefined,
): readonly Disassembled[] {
  const module = new Reader(bytes);
  module.take(8);
  let names: readonly string[] = [];
  let bodies: readonly Uint8Array[] = [];
  /** How many parameters each type of function has, and the type of each function. */
  let counts: readonly number[] = [];
  let typeOf: readonly number[] = [];
  while (!module.ended) {
    const id = module.byte();
    const section = new Reader(module.take(module.unsigned()));
    if (id === 7) {
      names = section.list(() => {
        const name = section.text();
        section.take(1);
        section.unsigned();
        return name;
      });
    }
    if (id === 1) {
      counts = section.list(() => {
        section.take(1);
        const { length } = section.list(() => section.byte());
        section.list(() => section.byte());
        return length;
      });
    }
    if (id === 3) typeOf = section.list(() => section.unsigned());
    if (id === 10) bodies = section.list(() => section.take(section.unsigned()));
  }
  return bodies.map((body, i) =>
    functionOf(names[i], body, parameters.slice(0, counts[typeOf[i]]), annotate),
  );
}

function functionOf(
  name: string,
  bytes: Uint8Array,
  parameters: readonly string[],
  annotate: Annotate,
): Disassembled {
  const body = new Reader(bytes);
  const locals = body
    .list(() => ({ count: body.unsigned(), type: types[body.byte()] }))
    .flatMap(({ count, type }) => Array<string>(count).fill(type));
  const nameOf = (i: number) => `$${parameters[i] ?? i}`;
  const lines: string[] = [];
  let depth = 0;
  let line: string[] = [];
  let notes: string[] = [];
  let count = 0;
  /** The parameter that each pointer began as. */
  const bases = new Map(parameters.map(name => [`$${name}`, name]));
  while (!body.ended) {
    const { text, offset } = instruction(body, nameOf);
    count++;
    if (text === 'end') depth--;
    // A store's address came first, then its value.
    const address = (text.startsWith('v128.store') ? line[0] : line.at(-1)) ?? '';
    const [, pointer = ''] = /^local\.get (.*)/.exec(address) ?? [];
    const base = bases.get(pointer);
    const note = offset !== undefined && base && annotate(base, offset);
    if (note) notes.push(note);
    line.push(text);
    const [, set] = /^local\.set (.*)/.exec(text) ?? [];
    const [, from = ''] = /^local\.get (.*)/.exec(line[0]) ?? [];
    const begun = bases.get(from);
    if (set && begun && !/v128|f32x4/.test(line.join())) bases.set(set, begun);
    if (!ending.test(text)) continue;
    // The last end is the function's own.
    if (depth >= 0) lines.push(...wrapped(line, '  '.repeat(depth), notes));
    else if (line.length > 1) lines.push(line.slice(0, -1).join('  '));
    if (text === 'loop' || text === 'if') depth++;
    line = [];
    notes = [];
  }
  return { name, bytes: bytes.length, instructions: count, locals, lines };
}

/** A line of instructions and what to note of it, in as many lines as it takes. */
function wrapped(parts: readonly string[], indent: string, notes: readonly string[]): string[] {
  const lines = [indent + parts[0]];
  const all = notes.length ? [...parts, `;; ${notes.join(', ')}`] : parts;
  for (const part of all.slice(1)) {
    const last = lines.length - 1;
    const longer = `${lines[last]}  ${part}`;
    if (longer.length <= longest) lines[last] = longer;
    else lines.push(`${indent}    ${part}`);
  }
  return lines;
}

/** The next instruction as text, and the offset that it adds to an address. */
function instruction(body: Reader, nameOf: (local: number) => string) {
  const op = body.byte();
  const known = op === 0xfd ? vector[body.unsigned()] : plain[op];
  if (!known) throw new Error(`no instruction known at ${body.at}`);
  const [name, operand] = known;
  let offset: number | undefined;
  const operands: Record<Operand, () => string> = {
    none: () => '',
    number: () => ` ${name === 'i32.const' ? body.signed() : body.unsigned()}`,
    local: () => ` ${nameOf(body.unsigned())}`,
    block() {
      body.byte();
      return '';
    },
    memory: () => {
      body.unsigned();
      offset = body.unsigned();
      return offset ? ` offset=${offset}` : '';
    },
    lanes: () => ` ${[...body.take(16)].join(' ')}`,
  };
  const text = name + operands[operand]();
  return { text, offset };
}
