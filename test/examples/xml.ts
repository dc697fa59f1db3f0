/** An element of an XML text: its attributes as they are written, and what it holds. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const piece = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/** The root of a well-formed text of elements, attributes and entities; throws for any other. */
export function parseXml(xml: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  piece.lastIndex = 0;
  while (piece.lastIndex < xml.length) {
    const at = piece.lastIndex;
    const [, closes, name, attributes, alone, text] = piece.exec(xml) ?? [];
    const parent = open[open.length - 1];
    if (text !== undefined) parent.text += checked(text);
    else if (name === undefined) throw new Error(`no XML at ${at}: ${xml.slice(at, at + 40)}`);
    else if (closes && parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
    else if (closes) open.pop();
    else {
      const child = { name, attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(child);
      if (!alone) open.push(child);
    }
  }
  const outside = root.children.length !== 1 || root.text.trim() !== '';
  if (open.length !== 1 || outside) throw new Error('not one element that ends');
  return root.children[0];
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w:-]+)="([^"]*)"/g)];
  const names = pairs.map(([, name]) => name);
  if (new Set(names).size < names.length) throw new Error(`an attribute twice: ${text}`);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, checked(value)]));
}

function checked(text: string): string {
  if (/&(?!(amp|lt|gt|quot);)/.test(text)) throw new Error(`a bare ampersand: ${text}`);
  return text;
}

/** The element and all that are in it. */
export function elements(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(elements)];
}
