import { FORGOTTEN, kinds, type RecordEntry } from "../../catalog/index.ts";
import { type ExecutableSchema, isOfClient, type NamesClient, readNames } from "../../graph/index.ts";
import type { Seal } from "../sealed/seal.ts";
import { ChangeTable, type SqlSteps, statement } from "./change-table.ts";
import { typeNames } from "./forget-changes.ts";
import { packReadings, unpackReadings } from "./reading-times.ts";
import { bytes, eachRow, keptName, PAGE, READINGS, type StoredRow } from "./stored-values.ts";

/** The erased data of a client: numbers of rows by location. */
export interface ErasedClient {
  readonly records: number;
  readonly bitrixIds: number;
  readonly changes: number;
  readonly keys: number;
  readonly jobs: number;
  readonly jobRows: number;
  /** The ids and values that only this client had, as texts. */
  readonly texts: readonly string[];
  /** The locations that still contain any of these texts. */
  readonly left: readonly string[];
}

/** The minimum length, in characters, of a text used to search for a client. */
const SHORTEST = 4;
const END = { seq: Number.MAX_SAFE_INTEGER, n: 2 ** 31 - 1 };

/**
 * Erases a client from the store, within a transaction: all values that refer to it by id, in fields that contain
 * client ids. In jobs, the schema shows these fields. Rows that contain its values only as text are kept and reported.
 * Its changes are kept without values.
 */
export function* eraseClient(
  seal: Seal,
  id: number,
  schema: ExecutableSchema["schema"],
): SqlSteps<ErasedClient> {
  const kept = (name: unknown, value: unknown): unknown =>
    JSON.parse(seal.open(`${keptName(name)}`, bytes(value)));
  const keep = (name: string, value: unknown) =>
    statement(
      "UPDATE kept SET value = ? WHERE name = ?",
      seal.seal(`job ${name}`, JSON.stringify(value)),
      name,
    );
  const remove = (from: string, where: string, key: string) =>
    statement(`DELETE FROM ${from} WHERE ${where} = ? RETURNING 1`, key);
  const entryOf = ({ key, value }: StoredRow): unknown => JSON.parse(seal.open(`entry ${key}`, bytes(value)));

  const bitrixIds = new Set<string>();
  const texts = new Set<string>();
  const note = (value: unknown, field?: string) => {
    if (field === "externalId" && typeof value === "string") bitrixIds.add(value.trim());
    else for (const text of textsIn(value)) texts.add(text);
  };

  const key = seal.digest(`record:client:${id}`);
  for (const row of yield statement(
    "SELECT key, value FROM entry WHERE key = ? AND value IS NOT NULL",
    key,
  )) {
    const { detail, summary, embedded } = entryOf(row) as RecordEntry;
    for (const source of [detail, summary, embedded])
      for (const [field, value] of Object.entries(source?.values ?? {})) note(value, field);
  }
  const query = { kinds: ["client"], isBackwards: true, limit: END.seq } as const;
  const changes = yield* new ChangeTable(seal, typeNames).read(
    { ...query, record: { id, key: `Client:${id}` } },
    END,
  );
  for (const { field, before, after } of changes) {
    // Exact values, and the last known values of an evicted record, are JSON.
    for (const value of [before, after])
      note(field?.startsWith("#") && value ? JSON.parse(value) : value, field ?? undefined);
  }

  const lookups: { readonly key: string; readonly bitrixId: string; readonly found: unknown }[] = [];
  const jobs = new Map<string, string[]>();
  const names: string[] = [];
  yield* eachRow("entry", "key", (row) => {
    const [, bitrixId] = /^lookup:client:(.*)$/s.exec(nameIn(seal, row)) ?? [];
    if (bitrixId === undefined || row.value === null) return;
    const { id: found } = entryOf(row) as { readonly id?: number };
    lookups.push({ key: `${row.key}`, bitrixId: bitrixId.trim(), found });
    if (found === id) bitrixIds.add(bitrixId.trim());
  });
  yield* eachRow("kept", "name", ({ name, value }) => {
    // Marks of forwarded requests have no value.
    if (/^mark:|^job:all$/.test(`${name}`)) return;
    const [, job] = /^job:(\S+)/.exec(`${name}`) ?? [];
    if (job !== undefined) jobs.set(job, [...(jobs.get(job) ?? []), `${name}`]);
    else {
      const { answer, mutation } = kept(name, value) as { answer?: Answer; mutation?: string };
      if (answer?.id === id && isOfClient(schema, mutation)) note(answer.sent?.externalId, "externalId");
    }
  });
  bitrixIds.delete("");

  const erased: string[] = [];
  for (const { key, bitrixId, found } of lookups) {
    // Another client may have the Bitrix id by now.
    if (!bitrixIds.has(bitrixId) || (found !== undefined && found !== id)) continue;
    erased.push(key);
    yield remove("entry", "key", key);
  }
  yield* eachRow("kept", "name", ({ name, value }) => {
    if (/^(mark|job):/.test(`${name}`)) return;
    const { answer, mutation } = kept(name, value) as { answer?: Answer; mutation?: string };
    if (
      isOfClient(schema, mutation) &&
      (answer?.id === id || bitrixIds.has(`${answer?.sent?.externalId ?? ""}`.trim()))
    )
      names.push(`${name}`);
  });
  for (const name of names) yield remove("kept", "name", name);
  const records = yield remove("entry", "key", key);
  if (records.length > 0) erased.push(key);
  yield* forgetReadings(seal, new Set(erased));
  yield statement(
    "UPDATE change SET before = NULL, after = NULL, guarded = ? WHERE kind = 'client' AND id = ? AND field IS NOT NULL",
    Buffer.alloc(0),
    id,
  );

  let [wholeJobs, jobRows] = [0, 0];
  for (const [job, parts] of jobs) {
    const read = function* (name: string): SqlSteps<unknown> {
      const [row] = yield statement("SELECT value FROM kept WHERE name = ?", name);
      return row && kept(name, row.value);
    };
    const head = (yield* read(`job:${job}`)) as { readonly document: string } | undefined;
    const isAbout: NamesClient = head ? readNames(schema, head.document, { id, bitrixIds }) : () => false;
    const changed: (readonly [name: string, value: unknown])[] = [];
    let isWhole = true;
    for (const name of parts.filter((part) => / rows /.test(part))) {
      const outcomesName = name.replace(" rows ", " outcomes ");
      const rows = (yield* read(name)) as unknown[];
      const outcomes = ((yield* read(outcomesName)) ?? rows.map(() => null)) as (Outcome | null)[];
      const about = rows.map((row, index) => isAbout(row, outcomes[index]?.payload));
      isWhole &&= !about.includes(false);
      if (!about.includes(true)) continue;
      jobRows += about.filter(Boolean).length;
      changed.push([name, rows.map((row, index) => (about[index] ? {} : row))]);
      changed.push([outcomesName, outcomes.map((one, index) => (about[index] ? forgotten(one) : one))]);
    }
    if (isWhole && changed.length > 0) {
      wholeJobs++;
      for (const name of parts) yield remove("kept", "name", name);
      continue;
    }
    for (const [name, value] of changed) {
      // Outcomes are deleted with their rows.
      if (!parts.includes(name)) {
        const rows = name.replace(" outcomes ", " rows ");
        const [row = {}] = yield statement("SELECT * FROM kept WHERE name = ?", rows);
        // The databases differ by a column.
        const columns = Object.keys(row).filter((column) => column !== "name");
        yield statement(
          `INSERT INTO kept (name, ${columns}) SELECT ?, ${columns} FROM kept WHERE name = ?`,
          name,
          rows,
        );
      }
      yield keep(name, value);
    }
  }

  const own = yield* findOwn(seal, texts);
  // A Bitrix id is a complete text: "BX-1" does not match "BX-1-2".
  const sought = [`Client:${id}`, ...own, ...[...bitrixIds].map((bitrixId) => JSON.stringify(bitrixId))];
  return {
    records: records.length,
    bitrixIds: bitrixIds.size,
    changes: changes.filter(({ field }) => field !== null && !field.startsWith("#")).length,
    keys: names.length,
    jobs: wholeJobs,
    jobRows,
    texts: sought,
    left: yield* findTexts(seal, sought),
  };
}

/** Returns all texts in a value. */
function textsIn(value: unknown): readonly string[] {
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

/** The stored parts of an answer. */
interface Answer {
  readonly id?: number;
  readonly sent?: { readonly externalId?: unknown };
}

/** The stored outcome of a row. */
interface Outcome {
  readonly state: string;
  readonly payload: unknown;
}

/** Returns an outcome without the client's data. A row that was not performed will not run again. */
const forgotten = (outcome: Outcome | null) => ({
  state: outcome?.state === "DONE" ? "DONE" : "FAILED",
  payload: null,
  userErrors: [],
  error: { code: FORGOTTEN, message: "Its client was erased, and the row's outcome with it." },
});

/** Returns the name of a stored entry. */
const nameIn = (seal: Seal, { key, name }: StoredRow): string =>
  JSON.parse(seal.open(`name ${key}`, bytes(name)));

/** Deletes the reading times of entries. */
function* forgetReadings(seal: Seal, keys: ReadonlySet<string>): SqlSteps<void> {
  yield* eachRow("reading", "seq", function* ({ seq, value }) {
    const packed = bytes(value);
    if (packed.length === 0) return;
    const readings = unpackReadings(seal.open(READINGS, packed));
    const others = readings.filter(([key]) => !keys.has(key));
    if (others.length === readings.length) return;
    const repacked = seal.seal(READINGS, packReadings(others));
    yield statement("UPDATE reading SET value = ? WHERE seq = ?", repacked, Number(seq));
  });
}

/** Returns the client's texts that identify it: no words of a vocabulary, no days, and none that other clients have. */
function* findOwn(seal: Seal, texts: ReadonlySet<string>): SqlSteps<readonly string[]> {
  const own = new Set(
    [...texts].filter((text) => text.length >= SHORTEST && !/^([a-z_.]+|[\d-]{10})$/.test(text)),
  );
  yield* eachRow("entry", "key", (row) => {
    if (row.kind !== "client" || row.value === null) return;
    for (const text of textsIn(JSON.parse(seal.open(`entry ${row.key}`, bytes(row.value))))) own.delete(text);
  });
  return [...own];
}

/** Searches the stored data, decoded, for texts. Returns the locations. */
function* findTexts(seal: Seal, sought: readonly string[]): SqlSteps<readonly string[]> {
  const left: string[] = [];
  const has = (text: string) => sought.some((one) => isIn(text, one));
  const search = (place: string, text: string) => {
    if (has(text)) left.push(place);
  };
  yield* eachRow("entry", "key", ({ key, name, value }) => {
    if (value === null) return;
    const entryName = nameIn(seal, { key, name });
    search(entryName, `${entryName} ${seal.open(`entry ${key}`, bytes(value))}`);
  });
  yield* eachRow("intent", "id", ({ id, value }) => {
    search(`intent ${id}`, seal.open(`intent ${id}`, bytes(value)));
  });
  yield* eachRow("kept", "name", ({ name, value }) => {
    const sealedUnder = keptName(name);
    if (sealedUnder === undefined) return;
    const [, job, start] = /^job:(\S+) (?:rows|outcomes) (\d+)$/.exec(`${name}`) ?? [];
    const text = seal.open(sealedUnder, bytes(value));
    if (job === undefined) return search(`${name}`, text);
    for (const [index, row] of (JSON.parse(text) as unknown[]).entries())
      search(`job ${job}, row ${Number(start) + index + 1}`, JSON.stringify(row));
  });
  const table = new ChangeTable(seal, typeNames);
  for (let after = { seq: 0, n: 0 }; ; ) {
    const page = yield* table.read({ kinds, after, limit: PAGE }, END);
    for (const { kind, id, before, after: now } of page)
      search(`changes of ${kind} ${id}`, `${before} ${now}`);
    const last = page.at(-1);
    if (page.length < PAGE || !last) return [...new Set(left)];
    after = { seq: last.seq, n: last.n };
  }
}
