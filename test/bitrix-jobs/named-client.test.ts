import { expect, test } from "vitest";
import { SYNC_DOCUMENT } from "../../src/capabilities/bitrix-jobs/sync-job.ts";
import { readNames } from "../../src/graph/input/named-client.ts";
import { executableSchema } from "../support/schema.ts";

const names = readNames(executableSchema().schema, SYNC_DOCUMENT, { id: 861, bitrixIds: new Set(["BX-1"]) });

test.each<[string, unknown, unknown]>([
  ["its id", { kind: "CONTACT", item: { ID: "BX-1" } }, null],
  ["its record", { kind: "CONTACT", item: { id: 7 } }, { record: { id: "Client:861" } }],
])("an item of a job names a client by %s", (_, row, payload) => {
  expect(names(row, payload)).toBe(true);
});

test.each<[string, unknown, unknown]>([
  ["of another kind", { kind: "UNIT", item: { id: "BX-1" } }, null],
  ["of another client", { kind: "CONTACT", item: { ID: "BX-2" } }, { record: { id: "Client:862" } }],
])("an item %s names none", (_, row, payload) => {
  expect(names(row, payload)).toBe(false);
});
