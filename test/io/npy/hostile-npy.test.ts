import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readNpy, readNpz, writeNpy } from '../../../src/io/npy/index.js';
import { refusal } from '../files.js';

/** A file of version 1 with this header and so many bytes of data. */
function npy(header: string, data: number | Uint8Array = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const own = typeof data === 'number' ? new Uint8Array(data) : data;
  const size = [text.length & 255, text.length >> 8];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, ...size, ...text, ...own]);
}

const of = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

const files: Readonly<Record<string, readonly [bytes: unknown, message: string]>> = {
  'no bytes': [undefined, "npy: expected a file's bytes as a Uint8Array, got undefined"],
  'an empty file': [new Uint8Array(0), "npy: expected NumPy's array (.npy), got an empty file"],
  'a version of the future': [
    Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 4, 0, 0, 0]),
    'npy version: expected 1.0, 2.0 or 3.0, got 4.0',
  ],
  'a header beyond the file': [npy(of('<f4', '(1,)'), 4).subarray(0, 30), 'the file is cut short'],
  'a header of 4 GB': [
    Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 2, 0, 255, 255, 255, 255]),
    'npy header: expected at most 10000 bytes, got 4294967295',
  ],
  'a header that would be run': [
    npy("{'descr': __import__('os').system('true'), }"),
    "npy header: expected a string, True, False or a tuple, got '__import__('os')",
  ],
  'a header that is no dictionary': [npy("['descr']"), 'expected a dictionary'],
  'a dictionary that does not end': [npy("{'descr': '<f4', "), 'a name between quotes'],
  'a name twice': [
    npy("{'descr': '<f4', 'descr': '<f8', }"),
    "npy header: expected every name once, got 'descr' twice",
  ],
  'no shape': [
    npy("{'descr': '<f4', 'fortran_order': False}"),
    'npy header shape: expected a value, got none',
  ],
  'a field too many': [
    npy("{'descr':'<f4','fortran_order':False,'shape':(),'__proto__':'x'}", 4),
    'npy header: expected descr, fortran_order and shape, got 4 names',
  ],
  'objects, which a pickle holds': [npy(of('|O', '(1,)'), 8), "<u8, got '|O'"],
  text: [npy(of('<U3', '(1,)'), 12), "got '<U3'"],
  'complex numbers': [npy(of('<c8', '(1,)'), 8), "got '<c8'"],
  records: [
    npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4),
    'npy header descr: expected one kind of number, got several; a structured array',
  ],
  'a negative size': [npy(of('<f4', '(-1,)'), 4), 'expected a tuple of whole numbers'],
  'a size beyond 2⁵³': [
    npy(of('<f4', '(9007199254740993,)'), 4),
    'npy header shape: expected at most 64 sizes',
  ],
  'sizes whose product is beyond 2⁵³': [
    npy(of('<f4', '(4294967296, 4294967296)'), 4),
    'npy: expected 73786976294838210000 bytes for <f4 [4294967296, 4294967296], got 4',
  ],
  'sizes whose product is no number': [
    npy(of('<f4', `(${new Array(21).fill('9007199254740991').join(', ')}, 0)`)),
    'npy: expected NaN bytes',
  ],
  'sixty-five dimensions': [
    npy(of('<f4', `(${new Array(65).fill('1').join(', ')})`), 4),
    'at most 64 sizes',
  ],
  'a number in brackets': [npy(of('<f4', '(1)'), 4), "expected a tuple, got '(1)'"],
  'too few bytes': [npy(of('<f4', '(2,)'), 7), 'npy: expected 8 bytes for <f4 [2], got 7'],
  'bytes that follow': [npy(of('<f4', '(2,)'), 9), 'npy: expected 8 bytes for <f4 [2], got 9'],
  'an integer that float32 has not': [
    npy(of('<i8', '(1,)'), Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0)),
    'npy: expected integers that float32 holds, got 16777217 at element 0',
  ],
  'numbers that grow beyond three times the file': [
    npy(of('|b1', '(67108864,)'), 2 ** 26),
    'npy: expected an array that fits, got 67108864 numbers',
  ],
};

test.each(Object.entries(files))('%s: refused', (_, [bytes, message]) => {
  expect(refusal(() => readNpy(bytes as Uint8Array))).toContain(message);
});

describe('an archive', () => {
  const array = writeNpy({ data: new Float32Array(300), shape: [300], stride: [1], offset: 0 });
  const whole = zipSync({ 'a.npy': array, 'b.npy': array });
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
  const found = (bytes: Uint8Array, signature: number) => {
    const at = [...bytes.keys()].filter(i => i + 4 <= bytes.length);
    return at.filter(i => view(bytes).getUint32(i, true) === signature);
  };
  const edited = (edit: (bytes: Uint8Array, directory: number[], end: number) => void) => {
    const bytes = whole.slice();
    edit(bytes, found(bytes, 0x02014b50), found(bytes, 0x06054b50)[0]);
    return bytes;
  };
  const archives: Readonly<Record<string, readonly [bytes: Uint8Array, message: string]>> = {
    'cut short': [whole.subarray(0, -1), 'npz: expected a zip archive, got no end'],
    'with a name twice': [
      edited((bytes, [, second]) => void (bytes[second + 46] = 0x61)),
      "npz: expected every name once, got 'a.npy' twice",
    ],
    'whose files overlap': [
      edited((bytes, [first, second]) => {
        view(bytes).setUint32(second + 42, view(bytes).getUint32(first + 42, true), true);
      }),
      "npz: expected files apart, got 'b.npy' over another",
    ],
    'with a file outside': [
      edited((bytes, [first]) => view(bytes).setUint32(first + 42, 0xfffffff0, true)),
      "npz 'a.npy': expected its header at 4294967280, got none",
    ],
    'that says a file is 4 GB': [
      edited((bytes, [first]) => view(bytes).setUint32(first + 24, 0xfffffff0, true)),
      "npz 'a.npy': expected an array that fits, got 4294967280 bytes in",
    ],
    'that says a file is less than it is': [
      edited((bytes, [first]) => view(bytes).setUint32(first + 24, 100, true)),
      "npz 'a.npy': expected 100 bytes, got more; its size is a lie",
    ],
    'with a bit that has flipped': [
      edited((bytes, [first]) => void (bytes[first + 16] ^= 1)),
      "npz 'a.npy': expected its checksum, got another; it is damaged",
    ],
    'that is encrypted': [
      edited((bytes, [first]) => void (bytes[first + 8] |= 1)),
      "npz 'a.npy': expected a file that is not encrypted",
    ],
    'packed in another way': [
      edited((bytes, [first]) => void (bytes[first + 10] = 93)),
      "npz 'a.npy': expected a file that is stored or deflated, got method 93",
    ],
    'that says it has more files': [
      edited((bytes, _, end) => view(bytes).setUint16(end + 10, 3, true)),
      'npz: expected a directory from 230, got 3 files from 230',
    ],
    'that says it has fewer': [
      edited((bytes, _, end) => view(bytes).setUint16(end + 10, 1, true)),
      'npz: expected a directory up to',
    ],
    'of zip64': [
      edited((bytes, _, end) => view(bytes).setUint16(end + 10, 0xffff, true)),
      'npz: expected less than 65535 files and 4 GB, got zip64',
    ],
    'of something else': [zipSync({ 'a.txt': array }), "got a zip archive of 'a.txt'"],
    'that is a bomb': [
      zipSync({ 'a.npy': new Uint8Array(2 ** 24) }, { level: 9 }),
      "npz 'a.npy': expected an array that fits, got 16777216 bytes in",
    ],
  };

  test.each(Object.entries(archives))('%s is refused', (_, [bytes, message]) => {
    expect(refusal(() => readNpz(bytes))).toContain(message);
  });

  test('has any names, and none is inherited', () => {
    const arrays = readNpz(zipSync({ '__proto__.npy': array, 'constructor.npy': array }));
    expect(Object.keys(arrays)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(arrays)).toBe(null);
    expect(arrays.toString).toBe(undefined);
  });
});
