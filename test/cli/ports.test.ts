import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defineCell, stateful } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { file, linesOf, Running, run } from './command.js';

// A model whose inputs and outputs have names.

const make = defineCell('Masked', "h' = φ(W_h (m * x) + W_d d + U_h h)\nz = σ(V_z h')", {
  inputs: { x: 'input', m: 'input', d: 'elapsed' },
  outputs: ['z', 'h'],
});
const cell = make({ x: 2, m: 2, d: 1 }, 3, { seed: 1, projectionSize: 2 });

const rows = [
  { at: 't0', a: 0.5, b: -1, p: 1, q: 0, dt: 0.25 },
  { at: 't1', a: 0.125, b: 2, p: 0, q: 1, dt: 3 },
  { at: 't2', a: -0.75, b: 0.5, p: 1, q: 1, dt: 1.5 },
];
const table = `at,a,b,p,q,dt\n${rows.map(row => `${Object.values(row).join(',')}\n`).join('')}`;
const chosen = ['-c', 'm=p,q', '-c', 'x=a,b', '-c', 'd=dt'];

/** The answers of the same model in this process. */
function expected(): number[][] {
  const model = stateful(cell);
  return rows.map(({ a, b, p, q, dt }) => {
    const { z, h } = model({ x: [a, b], m: [p, q], d: dt });
    return [...z, ...h];
  });
}

// Once: the tests run side by side, and one that writes it would cut it short for another.
const path = file('ports.safetensors');
writeFileSync(path, save(cell));

async function runPorts(args: readonly string[], input: string) {
  const running = new Running(['run', path, ...args]).read();
  running.child.stdin?.end(input);
  return running.end();
}

test.concurrent('each input takes columns of its own, each output has columns by its name', async () => {
  const { code, stdout, stderr } = await runPorts([...chosen, '-k', 'at'], table);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [header, ...lines] = linesOf(stdout);
  expect(header).toBe('at,z1,z2,h1,h2,h3');
  expect(lines.map(line => line.split(',')[0])).toEqual(['t0', 't1', 't2']);
  const answers = lines.map(line => line.split(',').slice(1).map(Number).map(Math.fround));
  expect(answers).toEqual(expected());
});

test.concurrent('each key has a state, and inputs that are scaled', async () => {
  // The rows twice, as two keys that take turns, and every number but m's doubled.
  const scale = file('ports-scale.csv', `name,mean,scale\na,0,2\nb,0,2\np,0,1\nq,0,1\ndt,0,2\n`);
  const lines = rows.flatMap(({ at, a, b, p, q, dt }) =>
    ['k', 'l'].map(id => [id, at, 2 * a, 2 * b, p, q, 2 * dt].join(',')),
  );
  const input = `id,at,a,b,p,q,dt\n${lines.join('\n')}\n`;
  const { stdout } = await runPorts([...chosen, '--key', 'id', '--scale', scale], input);
  const answers = linesOf(stdout).slice(1);
  expect(answers.map(line => line.split(',').map(Number).map(Math.fround))).toEqual(
    expected().flatMap(answer => [answer, answer]),
  );
});

test.concurrent('NDJSON too, with names of the outputs as they are given', async () => {
  const input = rows.map(row => `${JSON.stringify(row)}\n`).join('');
  const { stdout } = await runPorts([...chosen, '--names', 'one,two,three,four,five'], input);
  const answers = linesOf(stdout).map(line => JSON.parse(line) as Record<string, number>);
  expect(Object.keys(answers[0])).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(answers.map(answer => Object.values(answer).map(Math.fround))).toEqual(expected());
});

test.concurrent('a run goes on where the last one stopped', async () => {
  const state = file('ports.json');
  const [header, ...lines] = linesOf(table);
  const part = (some: readonly string[]) => `${[header, ...some].join('\n')}\n`;
  const first = await runPorts([...chosen, '--state', state], part(lines.slice(0, 1)));
  const second = await runPorts([...chosen, '--state', state], part(lines.slice(1)));
  const answers = [first, second].flatMap(({ stdout }) => linesOf(stdout).slice(1));
  expect(answers.map(line => line.split(',').map(Number).map(Math.fround))).toEqual(expected());
});

const inputs = 'the model has the inputs x (2), m (2), d (1)';
const each = 'choose the columns of each, -c x=… -c m=… -c d=…';

test.concurrent.each([
  [[], `--columns: ${inputs}: ${each}`],
  [['-c', 'a,b,p,q,dt'], `--columns: ${inputs}: ${each}, got a,b,p,q,dt`],
  [['-c', 'x=a,b', '-c', 'm=p,q'], `--columns: ${inputs}: ${each}, got x=a,b m=p,q`],
  [['-c', 'x=a,b', '-c', 'x=p,q'], `--columns: ${inputs}: ${each}, got x=p,q`],
  [['-c', 'x=a', '-c', 'm=p,q'], '--columns: the input x has 2 numbers, got 1 columns'],
  [['-c', 'x=a,b', '-c', 'm=p,r', '-c', 'd=dt'], 'no column r; the columns are at, a, b, p, q, dt'],
  [[...chosen, '--names', 'z,h'], '--names: the model has 5 outputs, got 2 names'],
])('%j is refused', async (args, message) => {
  const { code, stderr, stdout } = await runPorts(args, table);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test.concurrent('a row whose number is none names its column', async () => {
  const { code, stderr } = await runPorts(chosen, table.replace('0.125', 'wide'));
  expect(code).toBe(1);
  expect(stderr).toContain("row 2, line 3: column a: expected a finite number, got 'wide'");
});

test.concurrent("a column's name may have an equals sign where the model has one input", async () => {
  const { code, stdout } = await run(['-c', 'x=1,dx'], 'x=1,dx\n0.5,0.25\n');
  expect(code).toBe(0);
  expect(linesOf(stdout)[0]).toBe('y1,y2');
});

test.concurrent('inspect prints the sizes by name', async () => {
  const path = file('inspected.safetensors');
  writeFileSync(path, save(cell));
  const running = new Running(['inspect', path]).read();
  running.child.stdin?.end();
  const { stdout } = await running.end();
  expect(stdout).toContain('input       x [2], m [2], d [1]\noutput      z [2], h [3]\n');
});
