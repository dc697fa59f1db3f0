import { digests } from './streams.js';

declare function postMessage(message: unknown): void;

postMessage(digests());
