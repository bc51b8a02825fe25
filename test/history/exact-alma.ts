import type { Decoded } from "../../src/alma/index.ts";
import { type ChangeLog, createChangeLog } from "../../src/capabilities/history/change-log.ts";
import { createRecorder } from "../../src/capabilities/history/create-recorder.ts";
import { allEntries, createEntryReader } from "../../src/catalog/entry/entry.ts";
import type { Change } from "../../src/catalog/record/logged-change.ts";
import { createStore, type Store } from "../../src/catalog/store/store.ts";

/** A value, and the time from which a record has it. */
interface Since {
  readonly at: number;
  readonly value: string;
}

type Field = "name" | "header" | "status";
type Chance = () => number;

/** A record's present and past: when it was created and deleted, and every value that it had. */
export interface ExactRecord {
  readonly id: number;
  readonly madeAt: number;
  readonly deletedAt: number;
  readonly values: Readonly<Record<Field, readonly Since[]>>;
}

/** A reading of one source: its start, its end, and when its answer is applied. */
interface Reading {
  readonly source: "detail" | "list" | "embedded";
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly appliedAt: number;
}

export const FIELDS: readonly Field[] = ["name", "header", "status"];
const IDS = [1, 2, 3, 4];
const DURATION = 1_000;

/** Seeded random numbers from 0 to 1. */
export function chanceOf(seed: number): Chance {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const valueAt = (history: readonly Since[], at: number): string =>
  history.findLast((since) => since.at <= at)?.value ?? "";

function makeRecord(id: number, chance: Chance, mayBeMade: boolean): ExactRecord {
  const history = () => {
    const moments = Array.from({ length: Math.floor(chance() * 9) }, () => chance() * DURATION);
    const values: Since[] = [{ at: 0, value: "a" }];
    for (const at of moments.sort((a, b) => a - b)) {
      const others = ["", "a", "b", "c"].filter((value) => value !== values.at(-1)?.value);
      values.push({ at, value: others[Math.floor(chance() * others.length)] as string });
    }
    return values;
  };
  const isMadeLater = mayBeMade && id === IDS.at(-1) && chance() < 0.5;
  return {
    id,
    madeAt: isMadeLater ? 100 + chance() * 300 : 0,
    deletedAt: chance() < 0.2 ? 600 + chance() * 300 : Number.POSITIVE_INFINITY,
    values: { name: history(), header: history(), status: history() },
  };
}

/**
 * Reads an Alma with an exact history by overlapping readings: lists show one field in their own format and omit
 * records, and values are missing or invalid. Then reads everything without disturbance.
 */
export async function watchExactAlma(seed: number, hasRestarts = false) {
  const chance = chanceOf(seed);
  // A form that follows the value is known by the details before it.
  const followsForm = chance() < 0.3;
  const records = IDS.map((id) => makeRecord(id, chance, !followsForm));
  let log = createChangeLog(() => 0);
  let store = createStore(createRecorder(log));
  const readings: Reading[] = Array.from({ length: 40 + Math.floor(chance() * 60) }, () => {
    const start = 1 + chance() * DURATION;
    const end = start + chance() * (chance() < 0.5 ? 5 : 120);
    const appliedAt = end + (chance() < 0.2 ? chance() * 60 : 0);
    const source = (["detail", "detail", "list", "embedded"] as const)[Math.floor(chance() * 4)] ?? "detail";
    return { source, id: IDS[Math.floor(chance() * IDS.length)] as number, start, end, appliedAt };
  });
  if (followsForm)
    for (const id of IDS) readings.push({ source: "detail", id, start: 0.1, end: 0.2, appliedAt: id / 10 });
  readings.sort((a, b) => a.appliedAt - b.appliedAt);
  let startedAt = 0;
  for (const reading of readings) {
    // Operations in progress are lost with the process.
    if (reading.start < startedAt) continue;
    await applyReading(store, records, reading, chance, true, followsForm);
    if (!hasRestarts || reading.start < 1 || chance() < 0.9) continue;
    startedAt = reading.appliedAt;
    [store, log] = await successor(store, log);
  }
  const quiet = { start: 1_400, end: 1_401, appliedAt: 1_401 };
  for (const [index, source] of (["list", "detail", "embedded", "list"] as const).entries())
    for (const { id } of records) {
      const shift = 10 * index + (source === "list" ? 0 : 2 * id);
      const [start, end] = [quiet.start + shift, quiet.end + shift];
      await applyReading(
        store,
        records,
        { source, id, start, end, appliedAt: end },
        chance,
        false,
        followsForm,
      );
    }
  return {
    records,
    log,
    changes: (await log.read({ kinds: ["unit"], limit: Number.POSITIVE_INFINITY })) as readonly Change[],
  };
}

/** The knowledge of the next process. */
async function successor(store: Store, log: ChangeLog): Promise<[Store, ChangeLog]> {
  const next = createChangeLog(() => 0);
  const recent = await log.read({ kinds: ["unit"], limit: Number.POSITIVE_INFINITY });
  const horizons = { all: { seq: 0, n: 0, since: 0 } };
  const stored = { hasCommit: async () => true, changes: async () => [] };
  next.continue({ seq: log.end.seq + 1, at: 0, horizons, recent, readPeriods: [], older: undefined }, stored);
  const nextStore = createStore(createRecorder(next));
  const reader = createEntryReader(nextStore);
  for (const entry of allEntries(store, 0)) reader.apply(JSON.parse(JSON.stringify(entry)));
  return [nextStore, next];
}

async function applyReading(
  store: Store,
  records: readonly ExactRecord[],
  { source, id, start, end }: Reading,
  chance: Chance,
  isFaulty: boolean,
  followsForm: boolean,
): Promise<void> {
  const moment = () => start + chance() * (end - start);
  const isThere = ({ madeAt, deletedAt }: ExactRecord, at: number) => madeAt <= at && at < deletedAt;
  const fault = () => isFaulty && chance() < 0.1;
  if (source === "list") {
    const items = records.flatMap((record) => {
      const at = moment();
      const isLeftOut = fault() && store.tables.unit.get(record.id)?.hasBeenSeen;
      if (!isThere(record, at) || isLeftOut) return [];
      const name = fault() ? undefined : valueAt(record.values.name, at);
      // The list shows the header in a format of its own: constant, or derived from the value.
      const header = followsForm ? `~${valueAt(record.values.header, at)}` : "";
      return [{ record: { id: record.id, name, header, externalId: null } }];
    });
    return store.applyList("unit", { items, malformed: 0 }, start, undefined, end);
  }
  const record = records.find((candidate) => candidate.id === id) as ExactRecord;
  const at = moment();
  const read = (field: Field) => valueAt(record.values[field], at);
  const there = isThere(record, at);
  if (source === "embedded") {
    if (there) store.getOrCreate("unit", id).applyEmbedded({ name: read("name") }, start, end);
  } else if (!there) store.tables.unit.getOrCreate(id).markGone(start, end);
  else {
    const isBad = fault();
    const values = { name: read("name"), header: read("header"), status: isBad ? null : read("status") };
    const fieldErrors = { status: "It cannot be read." };
    const decoded = { record: { id, ...values }, ...(isBad && { fieldErrors }) };
    store.applyDetail("unit", decoded as Decoded<{ readonly id: number }>, start, end);
  }
}
