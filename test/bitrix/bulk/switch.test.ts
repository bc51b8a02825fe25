import { expect, test, vi } from "vitest";
import type { Switches } from "../../../simulator/index.ts";
import { start } from "../sync/gateway.ts";
import { expectedOutcomes, expectRecords, outcomesOf } from "./outcome.ts";
import { portfolio } from "./portfolio.ts";
import { expectedRecordsOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 60_000 });

const all = portfolio(31, 45, { broken: 0.1 });
const expectedRecords = expectedRecordsOf(all);

// Each case combines unrelated switches.
test.each<Partial<Switches>>([
  { writeAnswer: "sent", clientBase: "users", errorForm: "text", refusalStatus: 403 },
  { writeAnswer: "id", clientBase: "both", errorForm: "empty", language: "ru" },
  { writeAnswer: "empty", contractForm: "external_id", listHeader: "empty" },
  { contractForm: "both", overlapAnswer: "exception", keyStatus: 403, rentForm: "string" },
  { contractForm: "none", imageForm: "both", externalIdForm: "number" },
  { contractForm: "none", writeAnswer: "empty", archivedInLists: false },
  { archivedInLists: false, duplicateExternalIds: false, statusFollows: "atOnce" },
  { nonSharingRefusal: "room", renameNeedsParent: false, requiredFields: "known", encodedSlash: "kept" },
])("with switches %o all items are synced, and a repeated sync writes nothing", async (switches) => {
  const { sync, data, sent } = await start({ switches });
  expect(outcomesOf(await sync(itemsOf(all, 1)))).toEqual(expectedOutcomes(all, "CREATED"));
  expectRecords(data, expectedRecords);
  sent();
  expect(outcomesOf(await sync(itemsOf(all, 2)))).toEqual(expectedOutcomes(all, "UNCHANGED"));
  expect(sent()).toEqual([]);
});

test("an Alma that accepts no links gets items without scans", async () => {
  const unscanned = portfolio(32, 45, { scans: 0 });
  const { sync, data } = await start({ switches: { imageForm: "multipart" } });
  expect(outcomesOf(await sync(itemsOf(unscanned, 1)))).toEqual(expectedOutcomes(unscanned, "CREATED"));
  expectRecords(data, expectedRecordsOf(unscanned));
});
