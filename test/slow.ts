import { vi } from 'vitest';

/** Where it is imported: tests start processes or pages, which take seconds on a busy machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
