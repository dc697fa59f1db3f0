import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { filesPage } from './files-page.js';

test('the page of files is what the readers print of their own tables', async () => {
  await expect(filesPage()).toMatchFileSnapshot(`${root}docs/files.md`);
});

test('the page names every format, layer and module that is read', () => {
  const page = filesPage();
  for (const name of ['safetensors', 'CuDNNLSTM', 'ConvTranspose2d', 'time-distributed-dense']) {
    expect(page).toContain(name);
  }
});
