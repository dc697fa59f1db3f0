import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, programsOf, root } from './blocks.js';
import { bundle } from './bundle.js';
import { isAsStated, needs, run, stated } from './program.js';
import '../slow.js';

/**
 * Tests of a page, a test a program: its blocks run in order in one empty folder, so that a block
 * can read the file that one before it has written.
 */
export function testPage(page: string): void {
  const programs = programsOf(page);
  if (programs.length === 0) return;
  describe(page, () => {
    const home = process.cwd();
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'rxrecur-docs-'));
      for (const name of ['examples', 'test']) symlinkSync(root + name, join(folder, name), 'dir');
      process.chdir(folder);
    });
    afterAll(() => {
      process.chdir(home);
      rmSync(folder, { recursive: true });
    });
    for (const block of programs) {
      const name = `${needs(block.text)}the ${block.language} block at ${block.at}`;
      test(`${name} does what it says`, async () => {
        const check = checks[block.language];
        if (!check) throw new Error(`nothing runs blocks of '${block.language}'`);
        await check(block);
      });
    }
  });
}

const checks: Readonly<Record<string, (block: Block) => Promise<void> | void>> = {
  /** A block that is a part of a file of the repository is held to that; its test runs it. */
  ts: async block => {
    const { text, script } = block;
    if (script) return inScript(block);
    const [printed, claims] = [await run(text), stated(text)];
    if (!isAsStated(printed, claims)) expect(printed).toBe(claims);
  },
  /** In the text that it prints, `…` stands for anything on its line. */
  sh({ text, output }) {
    const printed = shell(text);
    if (printed === undefined || output === undefined) return;
    if (!wildcards(output.trim()).test(printed.trim())) expect(printed).toBe(output);
  },
  /** The script of a page, bundled by Vite; the page moves the pointer once. */
  async html({ text }) {
    const [, script] = /<script type="module">\n([\s\S]*?)<\/script>/.exec(text) ?? [];
    const element = { textContent: '' };
    const document = Object.assign(new EventTarget(), { querySelector: () => element });
    await run(await bundle(script), { document, fetch: served });
    const move = Object.assign(new Event('pointermove'), { movementX: 3, movementY: 4 });
    document.dispatchEvent(move);
    expect(element.textContent).toMatch(/^-?\d+[.]\d+$/);
  },
  /** For programs that are not installed here; the script beside it says how it was run. */
  js: inScript,
  python: inScript,
  json({ text }) {
    JSON.parse(text);
  },
};

/** A server of the files that the page's other blocks have written. */
async function served(path: string): Promise<Response> {
  return new Response(readFileSync(path));
}

function inScript({ text, script }: Block): void {
  expect(readFileSync(root + script, 'utf8')).toContain(text.trim());
}

/**
 * Runs a block in sh, the command from dist, and answers what it printed. What npm does is looked
 * up in package.json instead (this may be `npm test` itself), what a benchmark measures and other
 * tests test is not done here, and python3 runs where it is installed.
 */
function shell(text: string): string | undefined {
  const scripts = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).scripts);
  const kept = text.split('\n').filter(line => {
    const [, script] = /^npm (?:run )?(\S+)/.exec(line) ?? [];
    const [, bench] = /^node .*?(test\/bench\/\S+)/.exec(line) ?? [];
    const [, tests] = /^npx vitest run --config \S+ (\S+)/.exec(line) ?? [];
    if (script) expect([...scripts, 'install']).toContain(script);
    for (const path of [bench, tests]) if (path) expect(existsSync(root + path)).toBe(true);
    if (line === '' || script || bench || tests) return false;
    return !line.startsWith('python3') || !spawnSync('python3', ['--version']).error;
  });
  if (kept.length === 0) return undefined;
  const rxrecur = `rxrecur() { "${process.execPath}" "${root}dist/cli/main.js" "$@"; }`;
  return execFileSync('sh', ['-e', '-c', [rxrecur, ...kept].join('\n')], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

function wildcards(text: string): RegExp {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${pattern.replace(/^…$/gm, '[\\s\\S]*').replace(/…/g, '.*')}$`);
}
