import { expect, onTestFinished, test, vi } from "vitest";
import { type CachedRecord, type Kind, kinds } from "../../../src/catalog/index.ts";
import type { Store } from "../../../src/catalog/store/store.ts";
import { TURN_LENGTH } from "../../../src/graph/metering/turn.ts";
import { AnswerLimits } from "../../../src/graph/resolver/answer-limits.ts";
import { RecordViews } from "../../../src/graph/resolver/record-view.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { slowDown } from "../../support/slow-clock.ts";

const size = { buildings: 4, units: 40, rooms: 20, clients: 30, ownerContracts: 0, tenantContracts: 40 };
const times = { MAX_AGE: "86400", ALMA_TIMEOUT: "600", DEADLINE: "3600", CPU_BUDGET: "3600" };

/** A gateway without cached answers, whose knowledge a test can change. */
async function start(): Promise<TestGateway & { readonly store: Store }> {
  const gateway = await startGateway({ size }, { ...times, RESPONSE_CACHE_SIZE: "0" });
  onTestFinished(() => gateway.close());
  onTestFinished(() => void vi.restoreAllMocks());
  const all = ["buildings", "units", "rooms", "clients"].map((name) => `${name} { nodes { id almaId } }`);
  await gateway.query(`{ ${all.join(" ")} tenantContracts { nodes { price } } }`);
  return { ...gateway, store: gateway.catalog.store };
}

/** Triggers an event in a turn of other work in the middle of a page. Returns whether it happened. */
function inMiddle(happen: () => unknown): () => boolean {
  const { yieldToOthers } = AnswerLimits.prototype;
  const of = vi.spyOn(RecordViews.prototype, "of");
  const ofPage = vi.spyOn(RecordViews.prototype, "ofPage");
  const countPaged = () => ofPage.mock.calls.reduce((sum, [records]) => sum + records.length, 0);
  let hasHappened = false;
  vi.spyOn(AnswerLimits.prototype, "yieldToOthers").mockImplementation(async function (this: AnswerLimits) {
    await yieldToOthers.call(this);
    if (hasHappened || of.mock.calls.length + countPaged() < 20) return;
    hasHappened = true;
    await happen();
  });
  slowDown(TURN_LENGTH / 2);
  return () => hasHappened;
}

const shownField = { client: "firstName", tenantContract: "price" } as Partial<Record<Kind, string>>;
const changedValue = (kind: Kind) => (kind === "tenantContract" ? "77.77" : "changed");
const change = (cached: CachedRecord) => ({
  ...cached.value,
  [shownField[cached.kind] ?? "name"]: changedValue(cached.kind),
});
const recordsOf = (store: Store) => kinds.flatMap((kind) => [...store.tables[kind].records]);

/** The changes that may happen to each record, whether or not the answer has shown it. */
const changes: readonly [string, (store: Store) => unknown][] = [
  [
    "shown otherwise by its detail",
    (store) => {
      for (const cached of recordsOf(store)) {
        const record = { id: cached.id, ...change(cached) };
        store.applyDetail(cached.kind, { record, fieldErrors: undefined }, performance.now());
      }
    },
  ],
  [
    "shown otherwise by its list",
    async (store) => {
      for (const kind of kinds) {
        const records = [...store.tables[kind].listed];
        const items = records.map((cached) => ({
          record: { id: cached.id, ...change(cached) },
          fieldErrors: undefined,
        }));
        await store.applyList(kind, { items, malformed: 0 }, performance.now());
      }
    },
  ],
  [
    "left out by its list, as when it is archived",
    async (store) => {
      for (const kind of kinds) await store.applyList(kind, { items: [], malformed: 0 }, performance.now());
    },
  ],
  [
    "gone",
    (store) => {
      for (const { kind, id } of recordsOf(store))
        store.tables[kind].getOrCreate(id).markGone(performance.now());
    },
  ],
  [
    "written to",
    (store) => {
      for (const kind of kinds) store.tables[kind].invalidate(performance.now(), "all", true, true);
    },
  ],
  [
    "forgotten",
    async (store) => {
      for (const kind of kinds) await store.applyList(kind, { items: [], malformed: 0 }, performance.now());
      store.settle();
      for (const { kind, id } of recordsOf(store)) store.tables[kind].forget(id);
    },
  ],
];

const linked = "client { almaId firstName } rentalObject { almaId name building { almaId name } }";
const lists: readonly [string, string][] = [
  ["in rows", "tenantContracts(first: 40) { nodes { almaId price } again: nodes { almaId price } }"],
  ["in edges", "tenantContracts(first: 40) { nodes { almaId price } edges { node { almaId price } } }"],
  [
    "in rows, or that these lead to",
    `tenantContracts(first: 40) { nodes { almaId price ${linked} } again: nodes { almaId price ${linked} } }`,
  ],
  [
    "in pages below",
    "buildings { nodes { almaId name units(first: 40) { nodes { almaId name } again: nodes { almaId name } } } }",
  ],
];

/** The objects of an answer that have an id, by id. */
function objectsById(value: unknown, found = new Map<number, Set<string>>()): typeof found {
  if (typeof value !== "object" || value === null) return found;
  const { almaId, ...fields } = value as Record<string, unknown>;
  const own = Object.entries(fields).filter(([, field]) => typeof field !== "object");
  if (typeof almaId === "number") {
    const shown = found.get(almaId) ?? new Set();
    found.set(almaId, shown.add(JSON.stringify(own)));
  }
  for (const field of Object.values(fields)) objectsById(field, found);
  return found;
}

const cases = lists.flatMap(([place, list]) =>
  changes.map(([name, happen]) => [name, place, happen, list] as const),
);

test.each(cases)(
  "a record that is %s during a yield is shown in one version %s of an answer",
  async (_name, place, happen, list) => {
    const { query, store, asked } = await start();
    const text = `{ ${list} }`;
    for (let count = 0; count < 2; count++) await query(text);
    const known = await query(text);
    expect(known.extensions.alma.calls).toBe(0);
    asked();
    const before = recordsOf(store).map((cached) => ({ cached, version: cached.version }));
    const hasHappened = inMiddle(() => happen(store));
    const answer = await query(text);
    expect(hasHappened()).toBe(true);
    expect(before.filter(({ cached, version }) => cached.version !== version).length).toBeGreaterThan(40);
    for (const [almaId, shown] of objectsById(answer.data)) expect(shown.size, `${almaId}`).toBe(1);
    // Elsewhere, linked records and pages below may be read after the change.
    if (place !== "in rows" && place !== "in edges") return;
    // The clock that measures a turn is now ahead of the wall clock.
    const { alma } = known.extensions;
    expect(answer).toEqual({ ...known, extensions: { alma: { ...alma, oldest: expect.any(String) } } });
    expect(asked()).toEqual([]);
  },
);
