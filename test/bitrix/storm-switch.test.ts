import { expect, test, vi } from "vitest";
import type { Switches } from "../../src/simulator/index.ts";
import { portfolio } from "./portfolio.ts";
import { holdingOf } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";
import { endsOf, expectedEnds, expectHeld } from "./storming.ts";
import { start } from "./syncing.ts";

vi.setConfig({ testTimeout: 60_000 });

const all = portfolio(31, 45, { broken: 0.1 });
const holding = holdingOf(all);

test.each<Partial<Switches>>([
  { writeAnswer: "sent" },
  { writeAnswer: "id" },
  { writeAnswer: "empty" },
  { errorForm: "text", refusalStatus: 403 },
  { errorForm: "empty", language: "ru" },
  { overlapAnswer: "exception", keyStatus: 403 },
  { clientBase: "users" },
  { clientBase: "both" },
  { contractForm: "external_id" },
  { contractForm: "both" },
  { contractForm: "none" },
  { contractForm: "none", writeAnswer: "empty", archivedInLists: false },
  { imageForm: "both" },
  { archivedInLists: false },
  { listHeader: "empty" },
  { externalIdForm: "number" },
  { rentForm: "string" },
  { duplicateExternalIds: false },
  { nonSharingRefusal: "room" },
  { renameNeedsParent: false },
  { requiredFields: "known", encodedSlash: "kept" },
  { statusFollows: "atOnce" },
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
