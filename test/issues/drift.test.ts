import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  driftKinds,
  findIssues,
  requestedCodes,
  requiredReads,
} from "../../src/capabilities/issues/find-issues.ts";
import { CachedRecord } from "../../src/catalog/record/cached-record.ts";
import { type Kind, kindDefinitions } from "../../src/catalog/record/kind.ts";
import type { BitrixDriftKind } from "../../src/graph/generated.ts";
import { complete } from "../support/steps.ts";
import { readData } from "./read-data.ts";

/** A record in compact form. */
interface Row {
  readonly kind: Kind;
  readonly bitrix: string | null;
  readonly additional: string | null;
  /** Whether a unit uses its additional id, or a contract has not ended; null for a contract without an end. */
  readonly flag: boolean | null;
  readonly archived: boolean;
  /** The index of a room's or a contract's unit among the units. */
  readonly parent: number;
}

const TODAY = "2026-06-30";

const listedKinds = ["unit", "room", "client", "ownerContract", "tenantContract"] as const;
const isContract = (kind: Kind) => kind === "ownerContract" || kind === "tenantContract";

const rows = (kind: Kind, maxLength: number) =>
  fc.array(
    fc.record({
      kind: fc.constant(kind),
      bitrix: fc.constantFrom(null, "1", "2", "3", " 3"),
      additional: fc.constantFrom(null, "1", "2", "4"),
      flag: fc.constantFrom(true, true, false, null),
      archived: fc.boolean(),
      parent: fc.nat(4),
    }),
    { maxLength },
  );
const world = fc
  .tuple(
    rows("unit", 4),
    rows("room", 4),
    rows("client", 3),
    rows("ownerContract", 3),
    rows("tenantContract", 3),
  )
  .map((parts) => parts.flat());

function detailOf(row: Row, unitIds: readonly number[]): Record<string, unknown> {
  const { bitrix: externalId, archived: isArchived } = row;
  if (row.kind === "client") return { externalId };
  if (isContract(row.kind)) {
    const endDate = row.flag === null ? null : row.flag ? TODAY : "2026-06-29";
    return { externalId, endDate, unitUsage: { isArchived, unitId: unitIds[row.parent] ?? null } };
  }
  if (row.kind === "room") {
    const id = unitIds[row.parent];
    return { externalId, isArchived, parentUnit: id === undefined ? null : { id } };
  }
  return {
    externalId,
    isArchived,
    additionalExternalId: row.additional,
    isUsedAdditionalExternalId: row.flag,
  };
}

/** Cached records with ids from 1 on, at first only with their summaries. */
function known(all: readonly Row[]) {
  const unitIds = all.flatMap(({ kind }, index) => (kind === "unit" ? [index + 1] : []));
  const entries = all.map((row, index) => {
    const cached = new CachedRecord(row.kind, index + 1, kindDefinitions[row.kind].typeName);
    cached.applyEmbedded({ externalId: row.bitrix }, 1);
    return cached;
  });
  const read = (cached: CachedRecord) =>
    cached.applyDetail(detailOf(all[cached.id - 1] as Row, unitIds), undefined, 2);
  const of = (kind: Kind) => entries.filter((cached) => cached.kind === kind).reverse();
  // Safe: only units of these records are asked for.
  return { read, of, unit: (id: number) => entries[id - 1] as CachedRecord, unitIds };
}

const none = new Set<CachedRecord>();

/** Finds drift as the graph does: reads only lists, details and then suspects. */
function report(all: readonly Row[], kinds: readonly BitrixDriftKind[]) {
  const { read, of, unit } = known(all);
  const { lists, details } = requiredReads(kinds);
  const suspects = new Set<CachedRecord>();
  const seen = readData((kind) => (lists.has(kind) ? of(kind) : []), {
    detailed: (kind) => (details.has(kind) ? of(kind) : []),
    hasDetail: (suspect) => suspects.has(suspect),
    unit,
    today: TODAY,
  });
  for (const kind of details) of(kind).forEach(read);
  complete(findIssues(kinds, { ...seen, hasDetail: (suspect) => !suspects.add(suspect) }, none));
  suspects.forEach(read);
  return complete(findIssues(kinds, seen, none)).groups;
}

type ReportedCase = readonly [kind: BitrixDriftKind, externalId: string | null, keys: string];

/** The expected drift, by rules about all records or all pairs of records. */
function expected(all: readonly Row[]): ReportedCase[] {
  const key = (row: Row) => `${kindDefinitions[row.kind].typeName}:${all.indexOf(row) + 1}`;
  const units = all.filter(({ kind }) => kind === "unit");
  const rooms = all.filter(({ kind }) => kind === "room");
  const reported: ReportedCase[] = [];
  const tell = (kind: BitrixDriftKind, externalId: string | null, ...found: Row[]) =>
    reported.push([kind, externalId, found.map(key).join()]);
  const together = (
    kind: BitrixDriftKind,
    among: Row[],
    idOf: (row: Row) => string | null,
    counts: (found: Row[]) => boolean,
  ) => {
    for (const id of new Set(among.map(idOf))) {
      const found = among.filter((row) => id !== null && idOf(row) === id).reverse();
      if (found.length > 1 && counts(found)) tell(kind, id, ...found);
    }
  };
  for (const row of all) {
    if (row.bitrix === null && (row.kind === "client" || !row.archived)) tell("MISSING_BITRIX_ID", null, row);
    if (row.bitrix === " 3" && !(isContract(row.kind) && row.archived))
      tell("MALFORMED_BITRIX_ID", " 3", row);
  }
  for (const kind of listedKinds) {
    const among = all.filter((row) => row.kind === kind && !(isContract(kind) && row.archived));
    together(
      "DUPLICATE_BITRIX_ID",
      among,
      ({ bitrix }) => bitrix?.trim() ?? null,
      () => true,
    );
  }
  together(
    "DUPLICATE_ADDITIONAL_BITRIX_ID",
    units.filter(({ flag }) => flag === true),
    ({ additional }) => additional,
    (found) => found.some(({ archived }) => !archived),
  );
  for (const unit of units) {
    const same = rooms.filter(({ bitrix }) => bitrix !== null && bitrix.trim() === unit.additional).reverse();
    if (unit.flag === true && unit.additional === null && !unit.archived)
      tell("MISSING_ADDITIONAL_BITRIX_ID", null, unit);
    if (unit.flag !== true && unit.additional !== null && !unit.archived)
      tell("UNUSED_ADDITIONAL_BITRIX_ID", unit.additional, unit, ...same);
    for (const room of rooms) {
      if (room.archived || unit.flag !== true) continue;
      if (units[room.parent] === unit) tell("ROOM_UNDER_WHOLE_LET_UNIT", room.bitrix, room, unit);
      if (same.includes(room)) tell("WHOLE_LET_UNIT_ALSO_A_ROOM", unit.additional, unit, room);
    }
  }
  for (const contract of all) {
    const unit = units[contract.parent];
    if (contract.kind !== "tenantContract" || contract.archived || contract.flag === false || !unit) continue;
    if (unit.flag !== true || unit.additional === null)
      tell("TENANT_CONTRACT_ON_UNATTACHED_UNIT", contract.bitrix, contract, unit);
  }
  return reported;
}

describe("the drift found", () => {
  test("equals that of a check of all records and all pairs, for any requested kinds", () => {
    fc.assert(
      fc.property(world, fc.subarray([...driftKinds], { minLength: 1 }), (all, kinds) => {
        const found = report(all, kinds).flatMap(({ code, issues }) =>
          issues.map(
            ({ externalId, records: entries }): ReportedCase => [
              code,
              externalId,
              entries.map(({ key }) => key).join(),
            ],
          ),
        );
        const model = expected(all).filter(([kind]) => kinds.includes(kind));
        const sorted = (reported: readonly ReportedCase[]) =>
          reported.map((one) => JSON.stringify(one)).sort();
        expect(sorted(found)).toEqual(sorted(model));
      }),
      { numRuns: 3000 },
    );
  });

  test("does not depend on other records that are unreadable or deleted", () => {
    fc.assert(
      fc.property(world, fc.nat(), (all, nth) => {
        fc.pre(all.length > 0);
        const { read, of, unit } = known(all);
        const everything = listedKinds.flatMap(of);
        everything.forEach(read);
        const lost = everything[nth % everything.length] as CachedRecord;
        const seen = readData(of, { unit, today: TODAY });
        const keys = (gone: ReadonlySet<CachedRecord>) =>
          complete(
            findIssues(driftKinds, { ...seen, hasDetail: (suspect) => !gone.has(suspect) }, gone),
          ).groups.flatMap(({ code, issues }) =>
            issues.map(({ records: entries }) => `${code} ${entries.map(({ key }) => key)}`),
          );
        const without = keys(new Set([lost]));
        expect(without.filter((reported) => reported.split(/[ ,]/).includes(lost.key))).toEqual([]);
        const untouched = keys(none).filter((reported) => !reported.split(/[ ,]/).includes(lost.key));
        expect(without).toEqual(expect.arrayContaining(untouched));
      }),
    );
  });
});

test("an unread suspect is left out only where its detail decides", () => {
  const row = { kind: "room", additional: null, flag: null, archived: false, parent: 0 } as const;
  const unit = { ...row, kind: "unit", bitrix: "9", additional: "1", flag: true } as const;
  const { of, read, unit: byId } = known([unit, { ...row, bitrix: "1" }, { ...row, bitrix: "1" }]);
  of("unit").forEach(read);
  const kinds = ["DUPLICATE_BITRIX_ID", "WHOLE_LET_UNIT_ALSO_A_ROOM"] as const;
  const seen = readData(of, { unit: byId, today: TODAY });
  const suspects = new Set<CachedRecord>();
  complete(findIssues(kinds, { ...seen, hasDetail: (suspect) => !suspects.add(suspect) }, none));
  const [unread] = of("room");
  expect([...suspects][0]).toBe(unread);
  const hasDetail = (suspect: CachedRecord) => suspect !== unread;
  const found = complete(findIssues(kinds, { ...seen, hasDetail }, none)).groups;
  expect(
    found.map(({ issues }) => issues.map(({ records: entries }) => entries.map(({ key }) => key))),
  ).toEqual([[["Room:3", "Room:2"]], [["Unit:1", "Room:2"]]]);
});

test("an id with an invalid value does not count as missing", () => {
  const cached = new CachedRecord("unit", 1, "Unit");
  const values = { externalId: null, additionalExternalId: null, isUsedAdditionalExternalId: true };
  cached.applyDetail(values, { externalId: "no text", additionalExternalId: "no text" }, 1);
  const seen = readData((kind) => (kind === "unit" ? [cached] : []), { detailed: () => [cached] });
  const kinds = ["MISSING_BITRIX_ID", "MISSING_ADDITIONAL_BITRIX_ID"] as const;
  expect(complete(findIssues(kinds, seen, none)).groups.flatMap(({ issues }) => issues)).toEqual([]);
});

test("kinds are reported once, in a fixed order, by default all", () => {
  expect(
    requestedCodes(driftKinds, ["DUPLICATE_BITRIX_ID", "MISSING_BITRIX_ID", "DUPLICATE_BITRIX_ID"]),
  ).toEqual(["MISSING_BITRIX_ID", "DUPLICATE_BITRIX_ID"]);
  expect(requestedCodes(driftKinds, null)).toEqual(driftKinds);
  expect(requestedCodes(driftKinds, [])).toEqual([]);
});
