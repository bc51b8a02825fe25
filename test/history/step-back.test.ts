import { expect, test } from "vitest";
import type { Alma } from "../../src/alma/index.ts";
import { recordedLog } from "../../src/capabilities/history/create-recorder.ts";
import { createPastCatalog, type PastCatalog } from "../../src/capabilities/history/past-catalog.ts";
import { createCatalog, type Kind, kinds, NEVER } from "../../src/catalog/index.ts";

const DAY = 24 * 3_600_000;
const START = 1_000_000;

/** A catalog whose clock the test sets, and its readings. */
function startLive() {
  let now = START;
  const live = createCatalog({
    alma: { state: () => ({}) } as unknown as Alma,
    ...{ maxAge: 1e9, catalogMaxAge: 1e9, maxCalls: 1e6 },
    createRecorder: recordedLog(),
    clock: () => ++now,
    today: () => "2026-01-01",
  });
  live.dates.of = (at) => new Date(at);
  const { store } = live;
  const list = (kind: Kind, ids: readonly number[]) =>
    store.applyList(
      kind,
      { items: ids.map((id) => ({ record: { id, name: `${id}` } })), malformed: 0 },
      ++now,
      undefined,
      ++now,
    );
  return {
    live,
    at: (time: number) => {
      now = time;
    },
    list,
    async listAll(units: readonly number[]) {
      for (const kind of kinds) await list(kind, kind === "unit" ? units : kind === "building" ? [1] : []);
    },
    detail(kind: Kind, record: { readonly id: number } & Readonly<Record<string, unknown>>) {
      store.applyDetail(kind, { record }, ++now, ++now);
      store.settle();
    },
    /** Two readings, far enough apart, do not find the unit. */
    lose(id: number) {
      for (const unit of [store.tables.unit.get(id)]) {
        unit?.markGone(++now, ++now);
        now += 60_000;
        unit?.markGone(++now, ++now);
      }
      store.settle();
    },
  };
}

/** What a past catalog shows of the units. */
const unitsOf = ({ store }: PastCatalog) =>
  [...store.tables.unit.records].map((unit) => ({
    id: unit.id,
    isListed: unit.isListed,
    isGone: unit.isGone(NEVER),
    detail: unit.detail?.values,
    failure: unit.failure?.error.code,
  }));

/** Expects the same units at a time whether it is asked directly or after a later time. */
async function expectSame({ live }: ReturnType<typeof startLive>, early: number, late: number) {
  const direct = await createPastCatalog(live, early, new Map());
  const stepped = await createPastCatalog(live, late, new Map());
  await stepped.goBack(early);
  expect(unitsOf(stepped)).toEqual(unitsOf(direct));
  return unitsOf(direct);
}

const unit3 = { id: 3, name: "3", building: { id: 1, name: "1" } };

test("a unit that was gone stays gone after a step back over a change of its building", async () => {
  const alma = startLive();
  await alma.listAll([1, 3]);
  alma.detail("building", { id: 1, name: "1", address: "A" });
  alma.detail("unit", { id: 1, name: "1", building: { id: 1, name: "1" } });
  alma.detail("unit", unit3);
  alma.at(START + DAY);
  await alma.list("unit", [1]);
  alma.lose(3);
  alma.at(START + 1.5 * DAY);
  alma.detail("building", { id: 1, name: "new", address: "A" });
  alma.at(START + 3 * DAY);
  await alma.list("unit", [1, 3]);
  alma.detail("unit", unit3);
  alma.at(START + 4 * DAY);
  const units = await expectSame(alma, START + 1.2 * DAY, START + 2 * DAY);
  expect(units.find(({ id }) => id === 3)).toMatchObject({ isGone: true, isListed: false });
});

test("a detail is unknown before its first reading, also after a step back over it", async () => {
  const alma = startLive();
  await alma.listAll([1, 3]);
  alma.detail("building", { id: 1, name: "1", address: "A" });
  alma.detail("unit", { id: 1, name: "1" });
  alma.at(START + DAY);
  alma.detail("unit", { id: 3, name: "3" });
  alma.at(START + 3 * DAY);
  const units = await expectSame(alma, START + 0.5 * DAY, START + 2 * DAY);
  expect(units.find(({ id }) => id === 3)).toMatchObject({
    isListed: true,
    detail: undefined,
    failure: "NOT_KNOWN_THEN",
  });
});
