import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContextOptions,
  chromium as engine,
  type Page,
} from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { expect } from 'vitest';
import { chromium } from '../browser/chromium.js';
import { build as buildLibrary } from '../cli/build.js';
import '../slow.js';

/** Content-security policies that a page of an example runs under. */
export const policies = {
  none: '',
  strict: "default-src 'self'",
  'strict with WebAssembly': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
};

export interface BuiltFile {
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
}

export interface OpenPage {
  readonly page: Page;
  /** What the page reported on its console, and errors that nobody caught. */
  readonly complaints: readonly string[];
  text(id: string): Promise<string>;
  close(): Promise<void>;
}

/** An example's page, built, in Chromium. */
export interface ExamplePage {
  readonly files: readonly BuiltFile[];
  open(
    policy?: string,
    options?: BrowserContextOptions & { route?: (page: Page) => Promise<unknown> },
  ): Promise<OpenPage>;
  close(): Promise<void>;
}

export async function examplePage(name: string, ...args: string[]): Promise<ExamplePage> {
  const folder = new URL(`../../examples/${name}/`, import.meta.url);
  const configFile = fileURLToPath(new URL('vite.config.js', folder));
  await buildLibrary();
  const built = await build({ configFile, logLevel: 'error' });
  const { output } = built as { output: BuiltFile[] };
  const servers: PreviewServer[] = [];
  const { args: usual, ...options } = chromium();
  const browser: Browser = await engine.launch({ ...options, args: [...usual, ...args] });
  return {
    files: output,
    async open(policy = '', { route, ...context } = {}) {
      const headers: Record<string, string> = policy ? { 'content-security-policy': policy } : {};
      const server = await preview({
        configFile,
        logLevel: 'error',
        preview: { port: 0, headers },
      });
      servers.push(server);
      const page = await browser.newPage(context);
      const complaints: string[] = [];
      page.on('pageerror', error => complaints.push(error.message));
      page.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      await route?.(page);
      await page.goto(server.resolvedUrls!.local[0]);
      return {
        page,
        complaints,
        text: async id => (await page.locator(`#${id}`).textContent()) ?? '',
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      for (const server of servers) await server.close();
    },
  };
}

export const until = (holds: () => Promise<boolean>) => {
  return expect.poll(holds, { timeout: 20_000 }).toBe(true);
};

/** WCAG's contrast of two colours `#rrggbb`. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map(colour => {
    const [r, g, b] = [1, 3, 5].map(at => {
      const v = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The contrast of each colour of a page with its ground, in light and in dark: WCAG 2.2. */
export function contrasts(name: string): readonly (readonly [string, number])[] {
  const read = (file: string) =>
    readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8');
  const text = read('page/base.css') + read(`${name}/page.css`);
  const schemes: Record<string, string>[] = [{}, {}];
  for (const { 0: block, 1: dark } of text.matchAll(/(@media[^{]*dark\) \{\s*)?:root \{[^}]*\}/g)) {
    const colours = [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, k, v]) => [k, v]);
    Object.assign(schemes[dark ? 1 : 0], Object.fromEntries(colours));
  }
  return schemes.flatMap(({ ground, grid: _, ...colours }, i) =>
    Object.entries(colours).map(([colour, value]) => {
      return [`${i ? 'dark' : 'light'} ${colour}`, contrast(value, ground)] as const;
    }),
  );
}

/** How many different pictures a canvas shows over so many milliseconds. */
export function pictures(page: Page, milliseconds: number): Promise<number> {
  return page.evaluate(`(async () => {
    const seen = new Set();
    const canvas = document.querySelector('canvas');
    for (const end = performance.now() + ${milliseconds}; performance.now() < end; ) {
      seen.add(canvas.toDataURL());
      await new Promise(requestAnimationFrame);
    }
    return seen.size;
  })()`);
}
