import { pages } from './blocks.js';
import { testPage } from './page.js';

// Those named 'lmdb …' may generate code.
for (const page of pages) testPage(page);
