import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a page, or several that make one program. */
export interface Block {
  /** `docs/guide.md:12` */
  readonly at: string;
  readonly language: string;
  /** What follows the language: the script of the repository in which the same lines stand. */
  readonly script: string;
  readonly text: string;
  /** The block of text after one of sh: what that prints. */
  readonly output?: string;
}

/** README, CONTRIBUTING, and the pages of docs by path; generated ones are left out. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .map(path => `docs/${path.replaceAll('\\', '/')}`)
    .filter(path => path.endsWith('.md') && !/^docs\/(api|\.vitepress)\//.test(path))
    .sort(),
];

export function readPage(page: string): string {
  return readFileSync(root + page, 'utf8');
}

const fence = /^```(\w*) *([^\n]*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a page, in order. */
function blocksOf(page: string): readonly Block[] {
  const text = readPage(page);
  return [...text.matchAll(fence)].map(({ 1: language, 2: script, 3: code, index }) => {
    const line = text.slice(0, index).split('\n').length;
    return { at: `${page}:${line}`, language, script, text: code };
  });
}

/**
 * The programs of a page: a block of ts without an import goes on from the one before, and a block
 * of text after one of sh is its output. Other blocks of text are no programs.
 */
export function programsOf(page: string): readonly Block[] {
  const programs: Block[] = [];
  let code = -1;
  let before: string | undefined;
  for (const block of blocksOf(page)) {
    const { language, script, text } = block;
    const last = programs.length - 1;
    if (language === 'text') {
      if (before === 'sh') programs[last] = { ...programs[last], output: text };
    } else if (language === 'ts' && !script && code >= 0 && !/^import /m.test(text)) {
      programs[code] = { ...programs[code], text: `${programs[code].text}\n${text}` };
    } else {
      programs.push(block);
      if (language === 'ts' && !script) code = last + 1;
    }
    before = language;
  }
  return programs;
}
