import {
  FORGOTTEN,
  isJobName,
  jobName,
  jobPartName,
  parseJobName,
  type RecordEntry,
} from "../../catalog/index.ts";
import { type ExecutableSchema, isOfClient, type NamesClient, readNames } from "../../graph/index.ts";
import type { Seal } from "../sealed/seal.ts";
import { ChangeTable, LOG_END, type SqlSteps, statement } from "./change-table.ts";
import { findIdentifyingTexts, findTexts, textsIn } from "./find-leftovers.ts";
import { typeNames } from "./forget-changes.ts";
import { packReadings, unpackReadings } from "./reading-times.ts";
import { eachRow, nameOfEntry, READINGS_NAME, sealedName, valueOfEntry } from "./stored-values.ts";

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

/** A client in the store: how its rows are recognized and opened. */
interface StoredClient {
  readonly seal: Seal;
  readonly schema: ExecutableSchema["schema"];
  readonly id: number;
  /** The key of its record. */
  readonly key: string;
  readonly bitrixIds: Set<string>;
  /** All other texts in its values. */
  readonly texts: Set<string>;
}

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
  const key = seal.digest(`record:client:${id}`);
  const client: StoredClient = { seal, schema, id, key, bitrixIds: new Set(), texts: new Set() };
  yield* noteRecord(client);
  const changes = yield* noteChanges(client);
  yield* noteBitrixIds(client);
  const records = yield* deleteEntries(client);
  const keys = yield* deleteKeys(client);
  yield statement(
    "UPDATE change SET before = NULL, after = NULL, guarded = ? WHERE kind = 'client' AND id = ? AND field IS NOT NULL",
    Buffer.alloc(0),
    id,
  );
  const jobs = yield* eraseJobs(client);
  const identifying = yield* findIdentifyingTexts(seal, client.texts);
  const bitrixIds = [...client.bitrixIds];
  // A Bitrix id is a complete text: "BX-1" does not match "BX-1-2".
  const texts = [`Client:${id}`, ...identifying, ...bitrixIds.map((bitrixId) => JSON.stringify(bitrixId))];
  const left = yield* findTexts(seal, texts);
  return { records, bitrixIds: bitrixIds.length, changes, keys, ...jobs, texts, left };
}

function note({ bitrixIds, texts }: StoredClient, value: unknown, field?: string | null) {
  if (field !== "externalId" || typeof value !== "string") for (const text of textsIn(value)) texts.add(text);
  else if (value.trim() !== "") bitrixIds.add(value.trim());
}

/** Notes the values of its record. */
function* noteRecord(client: StoredClient): SqlSteps<void> {
  const rows = yield statement(
    "SELECT key, value FROM entry WHERE key = ? AND value IS NOT NULL",
    client.key,
  );
  for (const row of rows) {
    const { detail, summary, embedded } = valueOfEntry(client.seal, row) as RecordEntry;
    for (const source of [detail, summary, embedded])
      for (const [field, value] of Object.entries(source?.values ?? {})) note(client, value, field);
  }
}

/** Notes the values of its changes. Returns the number of changes that have values. */
function* noteChanges(client: StoredClient): SqlSteps<number> {
  const { id } = client;
  const query = { kinds: ["client"], isBackwards: true, limit: LOG_END.seq } as const;
  const changes = yield* new ChangeTable(client.seal, typeNames).read(
    { ...query, record: { id, key: `Client:${id}` } },
    LOG_END,
  );
  // Exact values, and the last known values of an evicted record, are JSON.
  for (const { field, before, after } of changes)
    for (const value of [before, after])
      note(client, field?.startsWith("#") && value ? JSON.parse(value) : value, field);
  return changes.filter(({ field }) => field !== null && !field.startsWith("#")).length;
}

/** Notes the Bitrix ids of its lookups and of its writes with idempotency keys. */
function* noteBitrixIds(client: StoredClient): SqlSteps<void> {
  yield* eachLookup(client, (_key, bitrixId, found) => {
    if (found === client.id) note(client, bitrixId, "externalId");
  });
  yield* eachAnswer(client, (_name, { id, sent }) => {
    if (id === client.id) note(client, sent?.externalId, "externalId");
  });
}

/** Deletes its record and lookups, and their reading times. Returns the number of records. */
function* deleteEntries(client: StoredClient): SqlSteps<number> {
  const erased = new Set([client.key]);
  yield* eachLookup(client, function* (key, bitrixId, found) {
    // Another client may have the Bitrix id by now.
    if (!client.bitrixIds.has(bitrixId) || (found !== undefined && found !== client.id)) return;
    erased.add(key);
    yield remove("entry", "key", key);
  });
  const records = yield remove("entry", "key", client.key);
  yield* forgetReadings(client.seal, erased);
  return records.length;
}

/** Deletes the idempotency keys of its writes. Returns their number. */
function* deleteKeys(client: StoredClient): SqlSteps<number> {
  let count = 0;
  yield* eachAnswer(client, function* (name, { id, sent }) {
    if (id !== client.id && !client.bitrixIds.has(`${sent?.externalId}`.trim())) return;
    count++;
    yield remove("kept", "name", name);
  });
  return count;
}

/** Erases it from jobs, and deletes the jobs that are only about it. Returns the numbers of these and of its rows. */
function* eraseJobs(client: StoredClient): SqlSteps<Pick<ErasedClient, "jobs" | "jobRows">> {
  const partsByJob = new Map<string, string[]>();
  yield* eachRow("kept", "name", ({ name }) => {
    const job = parseJobName(`${name}`)?.id;
    if (job !== undefined) partsByJob.set(job, [...(partsByJob.get(job) ?? []), `${name}`]);
  });
  let [jobs, jobRows] = [0, 0];
  for (const [job, parts] of partsByJob) {
    const { count, isWhole, changed } = yield* forgetRows(client, job, parts);
    jobRows += count;
    if (isWhole && count > 0) {
      jobs++;
      for (const name of parts) yield remove("kept", "name", name);
    } else
      for (const { name, rowsName, value } of changed) {
        if (!parts.includes(name)) yield* addOutcomes(name, rowsName);
        const sealed = client.seal.seal(`job ${name}`, JSON.stringify(value));
        yield statement("UPDATE kept SET value = ? WHERE name = ?", sealed, name);
      }
  }
  return { jobs, jobRows };
}

/** Returns the number of a job's rows about it, whether these are all, and the parts of the job without them. */
function* forgetRows({ seal, schema, ...client }: StoredClient, job: string, parts: readonly string[]) {
  const read = function* (name: string): SqlSteps<unknown> {
    const [row] = yield statement("SELECT value FROM kept WHERE name = ?", name);
    return row && openKept(seal, name, row.value);
  };
  const head = (yield* read(jobName(job))) as { readonly document: string } | undefined;
  const isAbout: NamesClient = head ? readNames(schema, head.document, client) : () => false;
  const changed: { readonly name: string; readonly rowsName: string; readonly value: unknown }[] = [];
  let count = 0;
  let isWhole = true;
  for (const { part } of parts.flatMap((name) => parseJobName(name) ?? [])) {
    if (part?.type !== "rows") continue;
    const [rowsName, outcomesName] = [
      jobPartName(job, "rows", part.start),
      jobPartName(job, "outcomes", part.start),
    ];
    const rows = (yield* read(rowsName)) as unknown[];
    const outcomes = ((yield* read(outcomesName)) ?? rows.map(() => null)) as (Outcome | null)[];
    const about = rows.map((row, index) => isAbout(row, outcomes[index]?.payload));
    isWhole &&= !about.includes(false);
    if (!about.includes(true)) continue;
    count += about.filter(Boolean).length;
    const otherRows = rows.map((row, index) => (about[index] ? {} : row));
    const otherOutcomes = outcomes.map((one, index) => (about[index] ? forgotten(one) : one));
    changed.push({ name: rowsName, rowsName, value: otherRows });
    changed.push({ name: outcomesName, rowsName, value: otherOutcomes });
  }
  return { count, isWhole, changed };
}

/** Adds the outcomes of a part of a job like its rows, with which they are deleted. */
function* addOutcomes(name: string, rowsName: string): SqlSteps<void> {
  const [row = {}] = yield statement("SELECT * FROM kept WHERE name = ?", rowsName);
  // The databases differ by a column.
  const columns = Object.keys(row).filter((column) => column !== "name");
  yield statement(
    `INSERT INTO kept (name, ${columns}) SELECT ?, ${columns} FROM kept WHERE name = ?`,
    name,
    rowsName,
  );
}

/** Calls `look` with each lookup of a client: its key, the Bitrix id, and the id of the client found. */
const eachLookup = (
  { seal }: StoredClient,
  look: (key: string, bitrixId: string, found: number | undefined) => SqlSteps<void> | void,
) =>
  eachRow("entry", "key", (row) => {
    const [, bitrixId] = /^lookup:client:(.*)$/s.exec(nameOfEntry(seal, row)) ?? [];
    if (bitrixId === undefined || row.value === null) return undefined;
    const { id } = valueOfEntry(seal, row) as { readonly id?: number };
    return look(`${row.key}`, bitrixId.trim(), id);
  });

/** Calls `look` with the stored answer of each write of a client under an idempotency key. */
const eachAnswer = (
  { seal, schema }: StoredClient,
  look: (name: string, answer: Answer) => SqlSteps<void> | void,
) =>
  eachRow("kept", "name", ({ name, value }) => {
    // Marks of forwarded requests have no value.
    if (isJobName(`${name}`) || /^mark:/.test(`${name}`)) return undefined;
    const { answer, mutation } = openKept(seal, name, value) as { answer?: Answer; mutation?: string };
    return answer && isOfClient(schema, mutation) ? look(`${name}`, answer) : undefined;
  });

const openKept = (seal: Seal, name: unknown, value: unknown): unknown =>
  JSON.parse(seal.open(`${sealedName(name)}`, value as Uint8Array));

const remove = (from: string, where: string, key: string) =>
  statement(`DELETE FROM ${from} WHERE ${where} = ? RETURNING 1`, key);

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

/** Deletes the reading times of entries. */
function* forgetReadings(seal: Seal, keys: ReadonlySet<string>): SqlSteps<void> {
  yield* eachRow("reading", "seq", function* ({ seq, value }) {
    const packed = value as Uint8Array;
    if (packed.length === 0) return;
    const readings = unpackReadings(seal.open(READINGS_NAME, packed));
    const others = readings.filter(([key]) => !keys.has(key));
    if (others.length === readings.length) return;
    const repacked = seal.seal(READINGS_NAME, packReadings(others));
    yield statement("UPDATE reading SET value = ? WHERE seq = ?", repacked, Number(seq));
  });
}
