import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { chain, dense, gru, stateful } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { build, main } from './build.js';

/** Two inputs, two outputs; the oracle is the same model in this process. */
export const model = chain(gru(2, 7, { seed: 1 }), dense(7, 2, { seed: 2 }));

/** The model of the tests as a file, in a folder that lives as long as the test file. */
export const folder = mkdtempSync(join(tmpdir(), 'rxrecur-'));
export const modelFile = join(folder, 'model.safetensors');

beforeAll(async () => {
  await build();
  writeFileSync(modelFile, save(model));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path in the tests' folder; with `text`, of a file that holds it. */
export function file(name: string, text?: string | Uint8Array): string {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

/** A new folder within the tests' own. */
export function newFolder(name: string): string {
  const path = file(name);
  mkdirSync(path);
  return path;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `rxrecur run MODEL …`. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  /** `node` are options of Node; `before` a command that starts the one after it. */
  constructor(
    args: readonly string[],
    node: readonly string[] = [],
    before: readonly string[] = [],
  ) {
    const [command, ...all] = [...before, process.execPath, ...node, main, ...args];
    this.child = spawn(command, all);
    this.child.stdin?.on('error', () => {});
    this.child.stdout?.setEncoding('utf8');
    this.child.stderr?.setEncoding('utf8').on('data', text => {
      this.stderr += text;
    });
  }

  /** From here on stdout is read. */
  read(): this {
    this.child.stdout?.on('data', text => {
      this.stdout += text;
    });
    return this;
  }

  write(text: string | Uint8Array): void {
    this.child.stdin?.write(text);
  }

  /** Waits until `count` whole lines have come. */
  async lines(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.stdout.split('\n');
      if (lines.length > count) return lines.slice(0, count);
      await once(this.child.stdout!, 'data');
    }
  }

  async end(): Promise<Ended> {
    if (this.child.exitCode === null || !this.child.stdout?.closed) await once(this.child, 'close');
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** `rxrecur …args` with this stdin, to its end. */
export function rxrecur(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const running = new Running(args).read();
  running.child.stdin?.end(input);
  return running.end();
}

/** `rxrecur run MODEL …args` with this stdin, to its end. */
export function run(args: readonly string[], input?: string | Uint8Array): Promise<Ended> {
  return rxrecur(['run', modelFile, ...args], input);
}

export type Pair = readonly [number, number];

/** Inputs with few digits. */
export function pairs(count: number, phase = 0): Pair[] {
  return Array.from({ length: count }, (_, i) => {
    return [Number(Math.sin(i / 3 + phase).toFixed(3)), Number(Math.cos(i / 5).toFixed(3))];
  });
}

/** CSV with a header. */
export function csv(header: string, rows: readonly (readonly unknown[])[]): string {
  return `${[header, ...rows.map(row => row.join(','))].join('\n')}\n`;
}

/** The answers of one uninterrupted stream. */
export function expected(rows: readonly Pair[], from = stateful(model)): number[][] {
  return rows.map(row => [...from(row as [number, number])]);
}

/** The answers in NDJSON output, read as float32. */
export function fromJson(stdout: string): number[][] {
  return linesOf(stdout).map(line => {
    const { y1, y2 } = JSON.parse(line);
    return [Math.fround(y1), Math.fround(y2)];
  });
}

/** The answers in CSV output without a header, read as float32. */
export function fromCsv(lines: readonly string[]): number[][] {
  return lines.map(line => line.split(',').map(text => Math.fround(Number(text))));
}

export function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

/** The parsed state file. */
export function stateOf(path: string): { rows: number; sha256: string; [name: string]: unknown } {
  return JSON.parse(readFileSync(path, 'utf8'));
}
