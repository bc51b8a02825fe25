import { kinds, parseJobName } from "../../catalog/index.ts";
import type { Seal } from "../sealed/seal.ts";
import { ChangeTable, LOG_END, type SqlSteps } from "./change-table.ts";
import { typeNames } from "./forget-changes.ts";
import { eachRow, nameOfEntry, ROWS_PER_PAGE, sealedName, valueOfEntry } from "./stored-values.ts";

/** The minimum length, in characters, of a text used to search for a client. */
const SHORTEST = 4;

/** Returns all texts in a value. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value.trim()];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Returns whether a text contains another one as a whole word: `Client:25` is not in `Client:252`. */
export function isIn(text: string, sought: string): boolean {
  const isPart = (at: number) => /[\p{L}\d]/u.test(text.charAt(at));
  for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + 1))
    if (!isPart(at - 1) && !isPart(at + sought.length)) return true;
  return false;
}

/**
 * Returns the texts of an erased client that identify it: no words of a vocabulary, no days, and none that other
 * clients have.
 */
export function* findIdentifyingTexts(seal: Seal, texts: ReadonlySet<string>): SqlSteps<readonly string[]> {
  const own = new Set(
    [...texts].filter((text) => text.length >= SHORTEST && !/^([a-z_.]+|[\d-]{10})$/.test(text)),
  );
  yield* eachRow("entry", "key", (row) => {
    if (row.kind !== "client" || row.value === null) return;
    for (const text of textsIn(valueOfEntry(seal, row))) own.delete(text);
  });
  return [...own];
}

/** Searches the stored data, decoded, for texts. Returns the locations. */
export function* findTexts(seal: Seal, sought: readonly string[]): SqlSteps<readonly string[]> {
  const left: string[] = [];
  const search = (place: string, text: string) => {
    if (sought.some((one) => isIn(text, one))) left.push(place);
  };
  yield* eachRow("entry", "key", ({ key, name, value }) => {
    if (value === null) return;
    const entryName = nameOfEntry(seal, { key, name });
    search(entryName, `${entryName} ${seal.open(`entry ${key}`, value as Uint8Array)}`);
  });
  yield* eachRow("intent", "id", ({ id, value }) => {
    search(`intent ${id}`, seal.open(`intent ${id}`, value as Uint8Array));
  });
  yield* eachRow("kept", "name", ({ name, value }) => {
    const sealedUnder = sealedName(name);
    if (sealedUnder === undefined) return;
    const job = parseJobName(`${name}`);
    const text = seal.open(sealedUnder, value as Uint8Array);
    if (!job?.part) return search(`${name}`, text);
    for (const [index, row] of (JSON.parse(text) as unknown[]).entries())
      search(`job ${job.id}, row ${job.part.start + index + 1}`, JSON.stringify(row));
  });
  const table = new ChangeTable(seal, typeNames);
  for (let after = { seq: 0, n: 0 }; ; ) {
    const page = yield* table.read({ kinds, after, limit: ROWS_PER_PAGE }, LOG_END);
    for (const { kind, id, before, after: now } of page)
      search(`changes of ${kind} ${id}`, `${before} ${now}`);
    const last = page.at(-1);
    if (page.length < ROWS_PER_PAGE || !last) return [...new Set(left)];
    after = { seq: last.seq, n: last.n };
  }
}
