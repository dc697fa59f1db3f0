const quote = 0x22;
const backslash = 0x5c;

/** A member's name, or an element's index, and the text of its value without white space around. */
export type Member = readonly [name: string, text: string];

/** The members of a JSON text, and how many arrays and objects lie within each other in it. */
export interface Members {
  readonly members: readonly Member[];
  readonly levels: number;
}

/**
 * The members of the object or array in `json` in their order, as they are written there:
 * `JSON.parse` would round numbers. The text must be valid.
 */
export function readMembers(json: string): Members {
  const members: Member[] = [];
  const isObject = json[skipSpace(json, 0)] === '{';
  let levels = 1;
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json[at] !== '}' && json[at] !== ']') {
    let name = String(members.length);
    if (isObject) {
      const end = endOfString(json, at);
      name = nameIn(json.slice(at, end));
      at = skipSpace(json, skipSpace(json, end) + 1);
    }
    const { end, depth } = endOfValue(json, at);
    levels = Math.max(levels, depth + 1);
    members.push([name, json.slice(at, end)]);
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return { members, levels };
}

function nameIn(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** The place after the closing quote of the string that begins at `from`. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  for (let code = json.charCodeAt(at); code !== quote; code = json.charCodeAt(at)) {
    at += code === backslash ? 2 : 1;
  }
  return at + 1;
}

/**
 * The place after the value that begins at `from`, and the arrays and objects within each other.
 */
function endOfValue(json: string, from: number): { end: number; depth: number } {
  let open = 0;
  let depth = 0;
  let at = from;
  do {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfString(json, at);
    else if (code === 0x7b || code === 0x5b) {
      open++;
      depth = Math.max(depth, open);
      at++;
    } else if (code === 0x7d || code === 0x5d) {
      open--;
      at++;
    } else if (open > 0) at++;
    else at = endOfWord(json, at);
  } while (open > 0);
  return { end: at, depth };
}

/** The place after a number, true, false or null. */
function endOfWord(json: string, from: number): number {
  let at = from;
  for (let code = json.charCodeAt(at); isInWord(code); code = json.charCodeAt(at)) at++;
  return at;
}

/** Neither white space, nor a comma, nor a closing bracket or brace. */
function isInWord(code: number): boolean {
  return code > 0x20 && code !== 0x2c && code !== 0x5d && code !== 0x7d;
}
