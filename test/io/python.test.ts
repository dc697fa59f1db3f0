import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { chain, dense, gru, lstm, recur } from '../../src/index.js';
import { readSafetensors, save } from '../../src/io/index.js';
import { partsOf } from './files.js';
import '../slow.js';

const script = fileURLToPath(new URL('../../examples/read_model.py', import.meta.url));
const begun = recur(gru(3, 2, { seed: 2 }), { initialState: [0.5, -0.25] });
const model = chain(lstm(2, 3, { seed: 1 }), chain(begun, dense(2, 1, { seed: 3 })));
const bytes = save(model);

const printed = `LSTM 2 -> 3
i  = σ(W_i x + U_i h)
f  = σ(W_f x + U_f h)
g  = φ(W_g x + U_g h)
o  = σ(W_o x + U_o h)
c' = f * c + i * g
h' = o * ψ(c')
GRU 3 -> 2
r  = σ(W_r x + U_r h)
z  = σ(W_z x + U_z h)
n  = φ(W_n x + r * (U_n h))
h' = (1 - z) * n + z * h
Dense 2 -> 1
y = φ(W_y x)
0.weightIh [12, 2] begins with `;

/** The script, run by a Python; undefined where there is none of that name. */
function printedBy(python: string, bytes: Uint8Array): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'model.safetensors');
  writeFileSync(file, bytes);
  const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
  const { error, stdout, stderr } = spawnSync(python, [script, file], { encoding: 'utf8', env });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
  expect(stderr).toBe('');
  return stdout.replaceAll('\r\n', '\n');
}

interface Member extends Record<string, unknown> {
  readonly chain?: Member[];
}

/** What the script says, done here: eight bytes of length, JSON, little-endian float32. */
function printedHere(): string {
  const { metadata, tensors, data } = partsOf(bytes);
  const view = new DataView(data.buffer, data.byteOffset);
  const cells = (member: Member): Member[] => member.chain?.flatMap(cells) ?? [member];
  const lines = [
    ...cells(JSON.parse(metadata.model)).map(({ name, inputSize, size, equations }) => {
      return `${name} ${inputSize} -> ${size}\n${equations}`;
    }),
    ...Object.entries(tensors).map(
      ([
        name,
        {
          shape,
          data_offsets: [begin],
        },
      ]) => {
        return `${name} [${shape.join(', ')}] begins with ${view.getFloat32(begin, true).toFixed(6)}`;
      },
    ),
  ];
  return `${lines.join('\n')}\n`;
}

// Two names: they may be Pythons of different versions.
test.each(['python3', '/usr/bin/python3'])('%s reads a model file with a few lines', python => {
  const here = printedHere();
  expect(here.startsWith(printed)).toBe(true);
  expect(here).toContain('1.0.initialState.h [2] begins with 0.500000');
  expect(printedBy(python, bytes) ?? here).toBe(here);
});

test.each(['float16', 'int8'] as const)(
  'Python reads the numbers of a %s file as load does',
  weights => {
    const small = save(model, { weights });
    const printed = printedBy('/usr/bin/python3', small)?.split('\n') ?? [];
    const { tensors } = readSafetensors(small);
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      const line = `${name} [${shape.join(', ')}] begins with ${data[0].toFixed(6)}`;
      if (printed.length) expect(printed).toContain(line);
    }
  },
);

test('the script that shows it has about fifteen lines, and needs nothing installed', () => {
  const text = readFileSync(script, 'utf8');
  const code = text
    .split('\n')
    .filter(line => line.trim() && !/^("""|import |from |try|except)/.test(line));
  expect(code.length).toBeLessThanOrEqual(18);
  expect(text.match(/^ *(import|from) \w+/gm)).toEqual([
    'import argparse',
    'import json',
    'from struct',
  ]);
});
