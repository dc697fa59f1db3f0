// Systems in processes of their own that take turns, so that whatever slows the machine slows both.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stateful } from '../../dist/core.js';
import { probes } from './meter.mjs';
import { chunkSteps, inputs, network } from './nets.mjs';
import { median, spread } from './quantile.mjs';

/** @typedef {{ name: string, ask(line: string): Promise<string>, end(): void,
 *   isWarm?: boolean }} Contender */

const path = name => fileURLToPath(new URL(name, import.meta.url));

/** A process that answers lines; its end in between is an error that shows what it said. */
export function startProgram(name, [command, ...args], env = process.env) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', text => {
    said = (said + text).slice(-2000);
  });
  child.stdin.on('error', () => {});
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended: ${said.trim()}`);
    return value;
  };
  return {
    name,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    end: () => child.kill(),
  };
}

/** A process of Node (this one, or another's path) for a system. */
export function startNode(name, node = process.execPath) {
  return startProgram(name, [node, path('child.mjs'), name]);
}

/** A process of this Node for a system, on the build in a folder. */
export function startBuild(name, dist) {
  const build = new URL('build.mjs', import.meta.url).href;
  const command = [process.execPath, '--import', build, path('child.mjs'), name];
  return startProgram(name, command, { ...process.env, RXRECUR_DIST: dist });
}

/**
 * Makes a contender ready for a task; answers why it is left out, or undefined. One that claims to
 * compute the same must do so, to 1e-4 after some free-running steps.
 */
export async function prepare(contender, { work, cell, size, columns }, warm) {
  const answer = await contender.ask(`prepare ${work} ${cell} ${size} ${columns}`);
  const [word, ...rest] = answer.split(' ');
  if (word === 'none') return rest.join(' ');
  if (word !== 'ready') throw new Error(`${contender.name}: ${answer}`);
  if (rest.length) {
    const expected = outputOf(work, cell, size);
    // Of a batch in rows, what follows is another stream's.
    const off = expected.some((y, i) => !(Math.abs(y - Number(rest[i])) < 1e-4));
    if (off) throw new Error(`${contender.name}, ${cell} ${size}: ${rest} is not ${expected}`);
  }
  // At first engines compile in the background, large WebAssembly modules for a second and more.
  await contender.ask(`warm ${contender.isWarm ? warm : 5 * warm}`);
  contender.isWarm = true;
  return undefined;
}

/** What the first stream's last output must be. */
function outputOf(work, cell, size) {
  const step = stateful(network(cell, size).cell, { backend: 'portable' });
  const xs = inputs(size);
  const count = work === 'chunk' ? chunkSteps : probes[work];
  let y;
  // The streams of a batch are fed the same again and again.
  for (let t = 0; t < count; t++) y = step(xs[work === 'batch' ? 0 : t & 15]);
  return Array.from(y).slice(0, 4);
}

/**
 * Turns in alternation of two that are prepared: µs a step of each, and how many times as long the
 * second takes as the first.
 */
export async function duel(ours, theirs, { turns, milliseconds }) {
  const rows = [];
  for (let k = 0; k < turns; k++) {
    const a = Number(await ours.ask(`turn ${milliseconds}`));
    rows.push([a, Number(await theirs.ask(`turn ${milliseconds}`))]);
  }
  return {
    ours: median(rows.map(([a]) => a)),
    theirs: median(rows.map(([, b]) => b)),
    ratio: spread(rows.map(([a, b]) => b / a)),
  };
}
