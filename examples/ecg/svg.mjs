/**
 * An element of an SVG: `element('text', { x: 1 }, 'a < b')`; children that are strings are text.
 */
export function element(name, attributes = {}, ...children) {
  return { name, attributes, children };
}

/** The text of an element and all that is in it; well-formed whatever its strings hold. */
export function render({ name, attributes, children }) {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const head = [name, ...given.map(([key, value]) => `${key}="${escaped(String(value))}"`)];
  const inner = children.flat(Number.POSITIVE_INFINITY).map(child => {
    return typeof child === 'string' ? escaped(child) : render(child);
  });
  if (inner.length === 0) return `<${head.join(' ')}/>\n`;
  const isText = inner.every(text => !text.endsWith('\n'));
  return `<${head.join(' ')}>${isText ? '' : '\n'}${inner.join('')}</${name}>\n`;
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text) {
  return text.replace(/[&<>"]/g, character => entities[character]);
}
