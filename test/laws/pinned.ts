import { type Backend, backends } from '../../src/kernels/backends.js';

/** What durable jobs pin: plain SIMD, but where a lane has none. */
export const pinned: Backend = backends().includes('simd') ? 'simd' : 'portable';
