import { expect, test } from 'vitest';
import { type Code, flat } from '../../src/kernels/wasm/code.js';
import * as control from '../../src/kernels/wasm/control.js';
import * as f32 from '../../src/kernels/wasm/f32.js';
import * as f32x4 from '../../src/kernels/wasm/f32x4.js';
import * as f64 from '../../src/kernels/wasm/f64.js';
import * as f64x2 from '../../src/kernels/wasm/f64x2.js';
import * as i32 from '../../src/kernels/wasm/i32.js';
import * as i32x4 from '../../src/kernels/wasm/i32x4.js';
import * as i64 from '../../src/kernels/wasm/i64.js';
import * as local from '../../src/kernels/wasm/local.js';
import * as v128 from '../../src/kernels/wasm/v128.js';

/** Opcodes from the index of instructions of the WebAssembly specification, 3.0, in hex. */
const opcodes: Readonly<Record<string, string>> = {
  ...{ loop: '03', if: '04', br_if: '0d', return: '0f', select: '1b' },
  ...{ 'local.get': '20', 'local.set': '21' },
  ...{ 'i32.load': '28', 'i32.store': '36', 'i32.const': '41', 'i32.eqz': '45', 'i32.eq': '46' },
  ...{ 'i32.ne': '47', 'i32.lt_s': '48', 'i32.lt_u': '49', 'i32.gt_s': '4a', 'i32.add': '6a' },
  ...{ 'i32.sub': '6b', 'i32.mul': '6c', 'i32.div_u': '6e', 'i32.and': '71', 'i32.xor': '73' },
  ...{ 'i32.shr_s': '75', 'i32.shr_u': '76', 'i32.wrap_i64': 'a7', 'i32.trunc_sat_f32_u': 'fc01' },
  ...{ 'i64.const': '42', 'i64.mul': '7e', 'i64.shr_u': '88', 'i64.extend_i32_u': 'ad' },
  ...{ 'f32.load': '2a', 'f32.store': '38', 'f32.const': '43', 'f32.eq': '5b', 'f32.lt': '5d' },
  ...{ 'f32.mul': '94', 'f32.convert_i32_u': 'b3', 'f64.convert_i32_s': 'b7' },
  ...{ 'v128.load': 'fd00', 'v128.load32_splat': 'fd09', 'v128.store': 'fd0b' },
  ...{ 'v128.store32_lane': 'fd5a', 'v128.and': 'fd4e', 'v128.andnot': 'fd4f', 'v128.or': 'fd50' },
  ...{ 'v128.xor': 'fd51', 'v128.bitselect': 'fd52', 'v128.any_true': 'fd53' },
  ...{ 'i32x4.shl': 'fdab01', 'i32x4.shr_s': 'fdac01', 'i32x4.add': 'fdae01' },
  ...{ 'i32x4.sub': 'fdb101', 'f32x4.lt': 'fd43', 'f32x4.le': 'fd45', 'f32x4.abs': 'fde001' },
  ...{ 'f32x4.demote_f64x2_zero': 'fd5e', 'f32x4.sqrt': 'fde301', 'f32x4.add': 'fde401' },
  ...{ 'f32x4.sub': 'fde501', 'f32x4.mul': 'fde601', 'f32x4.div': 'fde701', 'f32x4.max': 'fde901' },
  ...{ 'f32x4.pmin': 'fdea01', 'f32x4.pmax': 'fdeb01', 'f32x4.relaxed_madd': 'fd8502' },
  ...{ 'f64x2.splat': 'fd14', 'f64x2.promote_low_f32x4': 'fd5f', 'f64x2.add': 'fdf001' },
  ...{ 'f64x2.div': 'fdf301' },
};

const files = { f32, f32x4, f64, f64x2, i32, i32x4, i64, local, v128 };

/** `lt_u` for `ltU`, `load32_splat` for `load32Splat`. */
const snake = (name: string) => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

const instructions = Object.entries({ ...files, '': control }).flatMap(([prefix, file]) =>
  Object.entries(file).map(([name, instruction]) => {
    const text = snake(name);
    return [prefix ? `${prefix}.${text}` : text, instruction as (...code: Code[]) => Code] as const;
  }),
);

test.each(instructions)('%s has the opcode of the specification', (name, instruction) => {
  // Operands without code: the opcode comes first.
  const code = Uint8Array.from(flat(instruction([], [], [], [])));
  const bytes = [...code].map(byte => byte.toString(16).padStart(2, '0')).join('');
  const opcode = opcodes[name];
  expect(opcode).toBeDefined();
  expect(bytes.slice(0, opcode.length)).toBe(opcode);
});
