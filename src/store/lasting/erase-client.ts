import { isHidden, type StoredChange } from "../../catalog/index.ts";
import type { Seal } from "../sealed/seal.ts";
import { type SqlSteps, statement } from "./change-table.ts";

/** What was erased of a client: rows by where they were. */
export interface ErasedClient {
  readonly records: number;
  readonly bitrixIds: number;
  readonly changes: number;
  readonly keys: number;
  readonly jobs: number;
}

/** Erases the values of a client within a transaction, and keeps of changes that there were such. */
export function* eraseClient(seal: Seal, id: number): SqlSteps<ErasedClient> {
  const remove = (from: string, where: string, key: string) =>
    statement(`DELETE FROM ${from} WHERE ${where} = ? RETURNING 1`, key);
  const bitrixIds = new Set<string>();
  for (const { key, value } of yield statement(
    "SELECT key, value FROM entry WHERE kind IS NULL AND value IS NOT NULL",
  )) {
    const [, bitrixId] = /^lookup:client:(.*)$/s.exec(seal.openName(`${key}`)) ?? [];
    if (
      bitrixId === undefined ||
      JSON.parse(seal.open(`entry ${key}`, Buffer.from(value as Uint8Array))).id !== id
    )
      continue;
    bitrixIds.add(bitrixId);
    yield remove("entry", "key", `${key}`);
  }
  let keys = 0;
  /** What is kept of each job, and under which names. */
  const jobs = new Map<string, { text: string; readonly names: string[] }>();
  for (const { name, value } of yield statement("SELECT name, value FROM kept")) {
    // Marks of requests that were handed on have no value.
    if (/^mark:/.test(`${name}`)) continue;
    const [, job] = /^job:(\S+)/.exec(`${name}`) ?? [];
    const text = seal.open(`${job ? "job" : "idempotency"} ${name}`, Buffer.from(value as Uint8Array));
    if (job !== undefined) {
      const { text: others, names } = jobs.get(job) ?? { text: "", names: [] };
      jobs.set(job, { text: others + text, names: [...names, `${name}`] });
      continue;
    }
    const { answer } = JSON.parse(text);
    if (answer?.id === id || bitrixIds.has(answer?.sent?.externalId))
      keys += (yield remove("kept", "name", `${name}`)).length;
  }
  const told = [
    `"Client:${id}"`,
    `"almaId":${id}`,
    ...[...bitrixIds].map((bitrixId) => JSON.stringify(bitrixId)),
  ];
  const isAbout = ({ text }: { readonly text: string }) =>
    /client/i.test(text) && told.some((part) => text.includes(part));
  const about = [...jobs.values()].filter(isAbout);
  for (const { names } of about) for (const name of names) yield remove("kept", "name", name);
  const changes = yield statement(
    `UPDATE change SET before = NULL, after = NULL, guarded = ? WHERE kind = 'client' AND id = ? AND field IS NOT NULL
     RETURNING event, field`,
    Buffer.alloc(0),
    id,
  );
  const records = yield remove("entry", "key", seal.sealName(`record:client:${id}`));
  return {
    records: records.length,
    bitrixIds: bitrixIds.size,
    changes: changes.filter((row) => !isHidden(row as unknown as StoredChange)).length,
    keys,
    jobs: about.length,
  };
}
