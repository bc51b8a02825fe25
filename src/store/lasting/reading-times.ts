import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The times in the value of an entry, in their order. */
export type ReadingTimes = readonly number[];

/** The text of an entry without the times of readings, and these. */
export function splitTimes(
  text: string,
  pattern: RegExp,
): { readonly rest: string; readonly times: ReadingTimes } {
  const times: number[] = [];
  const rest = text.replace(pattern, (time) => {
    times.push(Number(time));
    return "";
  });
  return { rest, times };
}

/** The text of an entry with the times of a reading, if that is a later one: the first is when it was written down. */
export function withTimes(text: string, pattern: RegExp, times: ReadingTimes): string {
  const [storedAt = 0] = splitTimes(text, pattern).times;
  if ((times[0] ?? 0) <= storedAt) return text;
  let index = 0;
  return text.replace(pattern, () => `${times[index++]}`);
}

/** A reading of an entry, by its key. */
type Reading = readonly [key: string, times: ReadingTimes];

/** As text, a third as long as JSON. */
export const packReadings = (readings: readonly Reading[]): string =>
  deflateRawSync(JSON.stringify(readings)).toString("base64");

export const unpackReadings = (text: string): readonly Reading[] =>
  JSON.parse(inflateRawSync(Buffer.from(text, "base64")).toString());
