import { existsSync } from 'node:fs';

/** No look-ups of its own, and no sandbox, which root may not have. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A page has room for 124 WebAssembly memories, since V8 reserves 8 GB of addresses for each to do
 * without checks of bounds; tests that draw hundreds of models need more than the collector frees.
 */
export const manyMemories = '--js-flags=--no-wasm-trap-handler';

/** How playwright starts the machine's Chromium: CHROMIUM, or where Debian has it. */
export function chromium(...more: string[]) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`no Chromium at ${executablePath}: apt-get install chromium, or set CHROMIUM`);
  }
  return { executablePath, args: [...args, ...more], headless: true };
}
