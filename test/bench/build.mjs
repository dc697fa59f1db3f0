// Loaded before another script by versions.mjs and loops.mjs: that script then measures the build
// in RXRECUR_DIST.
import { register } from 'node:module';

register('./build-hooks.mjs', import.meta.url);
