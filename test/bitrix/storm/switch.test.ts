import { expect, test, vi } from "vitest";
import type { Switches } from "../../../src/simulator/index.ts";
import { start } from "../sync/gateway.ts";
import { endsOf, expectedEnds, expectHeld } from "./outcome.ts";
import { portfolio } from "./portfolio.ts";
import { holdingOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

vi.setConfig({ testTimeout: 60_000 });

const all = portfolio(31, 45, { broken: 0.1 });
const holding = holdingOf(all);

// Points that have nothing to do with each other are turned together.
test.each<Partial<Switches>>([
  { writeAnswer: "sent", clientBase: "users", errorForm: "text", refusalStatus: 403 },
  { writeAnswer: "id", clientBase: "both", errorForm: "empty", language: "ru" },
  { writeAnswer: "empty", contractForm: "external_id", listHeader: "empty" },
  { contractForm: "both", overlapAnswer: "exception", keyStatus: 403, rentForm: "string" },
  { contractForm: "none", imageForm: "both", externalIdForm: "number" },
  { contractForm: "none", writeAnswer: "empty", archivedInLists: false },
  { archivedInLists: false, duplicateExternalIds: false, statusFollows: "atOnce" },
  { nonSharingRefusal: "room", renameNeedsParent: false, requiredFields: "known", encodedSlash: "kept" },
])("with an Alma of %o everything comes in, and again nothing is written", async (switches) => {
  const { sync, data, sent } = await start({ switches });
  expect(endsOf(await sync(itemsOf(all, 1)))).toEqual(expectedEnds(all, "CREATED"));
  expectHeld(data, holding);
  sent();
  expect(endsOf(await sync(itemsOf(all, 2)))).toEqual(expectedEnds(all, "UNCHANGED"));
  expect(sent()).toEqual([]);
});

test("an Alma that takes files only gets the items without scans", async () => {
  const unscanned = portfolio(32, 45, { scans: 0 });
  const { sync, data } = await start({ switches: { imageForm: "multipart" } });
  expect(endsOf(await sync(itemsOf(unscanned, 1)))).toEqual(expectedEnds(unscanned, "CREATED"));
  expectHeld(data, holdingOf(unscanned));
});
