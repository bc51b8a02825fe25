import type { Alma } from "../../../src/alma/index.ts";
import { recordedLog } from "../../../src/capabilities/history/create-recorder.ts";
import { createPastCatalog, type PastCatalog } from "../../../src/capabilities/history/past-catalog.ts";
import { createCatalog } from "../../../src/catalog/index.ts";
import { isSameValue } from "../../../src/catalog/record/source.ts";

/**
 * The cost of the past: one catalog moves from its last month-end to its first (`RECORDS`, `MONTHS`, `CHANGES` per
 * month), and each state is compared with a copy kept at that time and with one built from scratch.
 */
const records = Number(process.env.RECORDS ?? 100_000);
const months = Number(process.env.MONTHS ?? 60);
const changes = Number(process.env.CHANGES ?? 10_000);
const MONTH = 30 * 24 * 3_600_000;
const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
const line = (text: string) => process.stdout.write(`${text}\n`);

let now = 1_000;
const ages = { maxAge: 1e9, catalogMaxAge: 1e9, maxCalls: 1e6 };
const alma = { state: () => ({}) } as unknown as Alma;
const live = createCatalog({
  ...{ alma, ...ages, createRecorder: recordedLog(4e9) },
  clock: () => ++now,
  today: () => "2026-01-01",
});
live.dates.of = (at) => new Date(at);
const table = live.store.tables.unit;
const unit = (id: number, address: string) => ({
  ...{ id, name: `${id}`, header: `Unit ${id}`, externalId: `bx-${id}`, status: "rented", address },
  ...{ isArchived: false, number: `${id % 90}`, goalRentCost: "5000.00", photos: [], floor: null },
  ...{ numberOfBedrooms: id % 4, building: { id: 1 + (id % 50), name: "Palm Court" } },
});
const ids = Array.from({ length: records }, (_, index) => index + 1);
for (const kind of ["building", "unit", "room", "client", "ownerContract", "tenantContract"] as const) {
  const listed = kind === "unit" ? ids.map((id) => ({ record: { id, name: `${id}` } })) : [];
  await live.store.applyList(kind, { items: listed, malformed: 0 }, ++now, undefined, ++now);
}
for (const id of ids) live.store.applyDetail("unit", { record: unit(id, "") }, ++now, ++now);
live.store.settle();

const kept: { readonly time: number; readonly values: readonly object[] }[] = [];
for (let month = 1; month <= months; month++) {
  for (let count = 0; count < changes; count++) {
    const id = 1 + ((count * 7_919 + month * 104_729) % records);
    live.store.applyDetail("unit", { record: unit(id, `${month}-${count}`) }, ++now, ++now);
  }
  live.store.settle();
  now += MONTH;
  kept.push({ time: now - 1_000, values: ids.map((id) => table.get(id)?.value ?? {}) });
}

let [walked, wrong, first] = [0, 0, 0];
let past: PastCatalog | undefined;
for (const { time, values } of kept.reverse()) {
  const before = cpu();
  if (past) await past.goBack(time);
  else past = await createPastCatalog(live, time, new Map());
  walked += cpu() - before;
  first ||= walked;
  for (const id of ids) if (!isSameValue(past.store.tables.unit.get(id)?.value, values[id - 1])) wrong++;
}
line(
  `${months} month-ends of ${records} records, ${months * changes} changes: ${(walked / 1e6).toFixed(1)} s of CPU, the first`,
);
line(`${(first / 1e3).toFixed(0)} ms; ${wrong} of ${months * records} records other than kept`);
