/** The first character of an encoded text. Texts that begin with it are encoded too. */
const MARK = "\u001A";

/** Returns whether a text has no unpaired surrogates, which UTF-8 cannot distinguish. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Returns whether a text is stored unchanged by PostgreSQL and as UTF-8. */
const isPlain = (text: string) => isWellFormed(text) && !text.includes("\0") && !text.startsWith(MARK);

/** Returns a text in a form that every database accepts: unchanged, or as JSON after a mark. */
export const toColumn = (text: string): string => (isPlain(text) ? text : MARK + JSON.stringify(text));

/** Returns the original text of a column. */
export const fromColumn = (column: string): string =>
  column.startsWith(MARK) ? JSON.parse(column.slice(MARK.length)) : column;

/** Matches JSON that may contain a text to encode: `JSON.stringify` escapes the characters concerned. */
const MAY_BE_ENCODED = /\\u(?:0000|001a|d[89a-f])/;

/** Returns the JSON of an object of texts, with each text converted by `toColumn`. */
export function toColumns(json: string): string {
  if (!MAY_BE_ENCODED.test(json)) return json;
  const texts: Record<string, string> = JSON.parse(json);
  return JSON.stringify(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, toColumn(text)])),
  );
}
