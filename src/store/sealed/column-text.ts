/** Begins a text that is encoded. Those that begin so by themselves are encoded too. */
const MARK = "\u001A";

/** Whether a text has no half of a surrogate pair: as UTF-8, these are all the same. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** What PostgreSQL takes in no text, and what is lost where a text is written as UTF-8. */
const isPlain = (text: string): boolean =>
  isWellFormed(text) && !text.includes("\0") && !text.startsWith(MARK);

/** A text as every database takes it in a column of texts: as it is, or else as JSON behind a mark. */
export const toColumn = (text: string): string => (isPlain(text) ? text : MARK + JSON.stringify(text));

/** The text of a column. */
export const fromColumn = (column: string): string =>
  column.startsWith(MARK) ? JSON.parse(column.slice(MARK.length)) : column;

/** Whether a JSON text may have a text that is encoded: `JSON.stringify` escapes what makes it so. */
const MAY_BE_ENCODED = /\\u(?:0000|001a|d[89a-f])/;

/** The JSON text of an object of texts, with those as `toColumn` gives them. */
export function toColumns(json: string): string {
  if (!MAY_BE_ENCODED.test(json)) return json;
  const texts: Record<string, string> = JSON.parse(json);
  return JSON.stringify(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, toColumn(text)])),
  );
}
