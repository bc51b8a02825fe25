import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The reading times in the value of an entry, in order. */
export type ReadingTimes = readonly number[];

/** Splits the text of an entry into the text without its reading times, and the times. */
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

/**
 * Inserts the times of a reading into the text of an entry, if the reading is later. The first is the time of
 * serialization.
 */
export function withTimes(text: string, pattern: RegExp, times: ReadingTimes): string {
  const [storedAt = 0] = splitTimes(text, pattern).times;
  if ((times[0] ?? 0) <= storedAt) return text;
  let index = 0;
  return text.replace(pattern, () => `${times[index++]}`);
}

/** A reading of an entry, by its key. */
type Reading = readonly [key: string, times: ReadingTimes];

/** Packs readings as text, a third as long as JSON. */
export const packReadings = (readings: readonly Reading[]): string =>
  deflateRawSync(JSON.stringify(readings)).toString("base64");

/** Unpacks the text of `packReadings`. */
export const unpackReadings = (text: string): readonly Reading[] =>
  JSON.parse(inflateRawSync(Buffer.from(text, "base64")).toString());
