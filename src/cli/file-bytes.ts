import { type FileHandle, open } from 'node:fs/promises';
import { Stop, unusable, unusableFile } from './stop.js';

/** As many bytes as are taken from a pipe, which need not have an end. */
const mostPiped = 2 ** 30;

/** A file's bytes, or a pipe's up to its end. Throws a Stop. */
export async function bytesOf(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stat = await file.stat();
    if (stat.isCharacterDevice() || stat.isBlockDevice()) {
      throw unusable(`${path}: expected a file, got a device, which may have no end`);
    }
    return stat.isFIFO() ? await bytesOfPipe(path, file) : await file.readFile();
  } catch (error) {
    throw error instanceof Stop ? error : unusableFile(path, error);
  } finally {
    await file?.close();
  }
}

async function bytesOfPipe(path: string, pipe: FileHandle): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of pipe.createReadStream({ autoClose: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostPiped)
      throw unusable(`${path}: expected at most ${mostPiped} bytes, got more`);
  }
  return Buffer.concat(chunks);
}
