import { pages } from './blocks.js';
import { testPage } from './page.js';

for (const page of pages) testPage(page);
