import fc from "fast-check";
import { AlmaError, type Listing, type RentalObjectLookup, type Verb } from "../../../src/alma/index.ts";
import { type Kind, kinds } from "../../../src/catalog/index.ts";
import { invalidate } from "../../../src/catalog/store/invalidate.ts";
import type { Store } from "../../../src/catalog/store/store.ts";

/** One reading, failure, write or query of a store. `at` is how long ago a reading was sent. */
export interface Event {
  readonly what: (typeof whats)[number];
  readonly kind: Kind;
  readonly id: number;
  readonly other: number;
  readonly ids: readonly number[];
  readonly delay: number;
  readonly isFaulty: boolean;
}

const whats = [
  "list",
  "list",
  "detail",
  "detail",
  "detail",
  "gone",
  "failure",
  "kind",
  "look",
  "look",
  "look",
  "begin to look",
  "create",
  "update",
  "archive",
] as const;
const id = fc.integer({ min: 1, max: 6 });

/** Histories with few ids, shared by all kinds, so that many events concern each record. */
export const histories: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...whats),
    kind: fc.constantFrom(...kinds),
    id,
    other: id,
    ids: fc.uniqueArray(id, { maxLength: 5 }),
    delay: fc.integer({ min: 0, max: 4 }),
    isFaulty: fc.nat(7).map((n) => n === 0),
  }),
  { minLength: 10, maxLength: 60 },
);

const shownIn = ({ other, delay, isFaulty }: Event) => ({
  values: { externalId: other < 3 ? null : ` x${other % 4}`, name: `n${delay % 2}` },
  fieldErrors: (isFaulty ? { name: "It cannot be read." } : undefined) as undefined,
});

/** The list that an event contains. */
export function listingOf(event: Event): Listing<{ readonly id: number }> {
  const { values, fieldErrors } = shownIn(event);
  return { items: event.ids.map((one) => ({ record: { id: one, ...values }, fieldErrors })), malformed: 0 };
}

/** Applies an event at `now`. */
export async function apply(store: Store, event: Event, now: number): Promise<void> {
  const { what, kind, other, delay } = event;
  const table = store.tables[kind];
  const at = now - delay;
  const { values: shown, fieldErrors } = shownIn(event);
  if (what === "list") await store.applyList(kind, listingOf(event), at);
  else if (what === "detail")
    store.applyDetail(kind, { record: { id: event.id, ...shown, ...relationsOf(event) }, fieldErrors }, at);
  else if (what === "gone") table.getOrCreate(event.id).markGone(at);
  else if (what === "failure")
    table.getOrCreate(event.id).markFailed(at, new AlmaError("ALMA_BAD_ANSWER", "It cannot be read."));
  else if (what === "kind")
    lookUpRentalObject(
      store,
      {
        id: event.id,
        externalId: "x",
        additionalExternalId: null,
        isUsedAdditionalExternalId: null,
        parentUnitId: delay === 0 ? null : other,
      },
      at,
    );
  else if (what === "look") store.settle();
  else if (what === "begin to look") {
    let steps = 0;
    for (const _ of store.settleInSteps()) if (++steps === other) break;
  } else {
    const { relations } = table.definition;
    const parents = Object.fromEntries(Object.keys(relations).map((name) => [name, other]));
    const verb = (what === "archive" && kind === "client" ? "update" : what) as Verb;
    invalidate(store, { kind, verb, id: event.id, ...(verb !== "archive" && { parents }) }, now);
  }
}

/** Applies Alma's answer to a lookup of a rental object. */
export function lookUpRentalObject(store: Store, answer: RentalObjectLookup, at: number): void {
  store.setLookup("rentalObject", answer.externalId ?? "", {
    at,
    record: store.applyRentalObject(answer, at),
  });
}

function relationsOf({ kind, other, delay }: Event): object {
  const ref = { id: other, name: delay === 0 ? null : "p" };
  if (kind === "unit")
    return { building: ref, isUsedAdditionalExternalId: delay > 1, additionalExternalId: `y${other}` };
  if (kind === "room") return { building: ref, parentUnit: delay === 3 ? null : ref };
  if (kind === "ownerContract" || kind === "tenantContract")
    return {
      startDate: delay === 1 ? "2026-01-01" : "2025-06-01",
      endDate: delay === 2 ? "2026-01-02" : null,
      unitUsage: { unitId: other, clientId: delay === 4 ? null : other, isArchived: false },
    };
  return {};
}
