import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, readPage, root } from './blocks.js';

/** As GitHub and VitePress make a heading's anchor. */
function anchorsOf(page: string): readonly string[] {
  const headings = readPage(page).matchAll(/^#+ (.+)$/gm);
  return Array.from(headings, ([, text]) => {
    return text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  });
}

describe.each(pages)('%s', page => {
  test('links to pages, headings and pictures that are there', () => {
    const prose = readPage(page).replace(/^```[\s\S]*?^```$/gm, '');
    const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link);
    const broken = links.filter(link => {
      // The reference at /api/ is made by typedoc when the site is built.
      if (/^https?:|^\/api\/$/.test(link)) return false;
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(page), path).replaceAll('\\', '/') : page;
      if (!existsSync(root + target)) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});
