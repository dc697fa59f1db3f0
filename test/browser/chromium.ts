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

/** How playwright starts the machine's Chromium: CHROMIUM, or where Debian has it. */
export function chromium() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`no Chromium at ${executablePath}: apt-get install chromium, or set CHROMIUM`);
  }
  return { executablePath, args, headless: true };
}
