// Hooks of module resolution, for versions.mjs and loops.mjs: what asks for this build's dist/ gets
// that of RXRECUR_DIST.
import { pathToFileURL } from 'node:url';

const own = new URL('../../dist/', import.meta.url).href;
const other = pathToFileURL(`${process.env.RXRECUR_DIST}/`).href;

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const { url } = resolved;
  return url.startsWith(own) ? { ...resolved, url: other + url.slice(own.length) } : resolved;
}
