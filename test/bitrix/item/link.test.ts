import { expect, test } from "vitest";
import { loadMapping } from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";

const mapping = loadMapping();
const linkOf = (ufCrm8_1684429208: string | number | readonly (string | number)[]) =>
  mapping.map("unit", { id: 71, ufCrm8_1684429208 });

test.each([
  ["a number", 12],
  ["digits", "12"],
  ["a list", [12, 13]],
  ["an entity type before it", "T90_12"],
  ["in small letters", "t90_12"],
  ["among items of other types", ["C_5", "T90_12", "TA7_9"]],
])("an apartment is named by %s", (_what, value) => {
  expect(linkOf(value).links.apartment).toEqual({ kind: "apartment", id: "12", from: "ufCrm8_1684429208" });
});

test.each([["C_12"], ["TA7_12"], [["D_12", "CO_3"]]])("%s names no apartment and is refused", (value) => {
  const { links, errors } = linkOf(value);
  expect(links.apartment).toBeUndefined();
  expect(errors).toContainEqual(expect.objectContaining({ code: "INVALID", field: "ufCrm8_1684429208" }));
});

test("an apartment may name several units", () => {
  const { links } = mapping.map("apartment", { id: 12, ufCrm6_1684425402: [71, "72", 0, 71] });
  expect(links.unit).toEqual({ kind: "unit", id: "71", from: "ufCrm6_1684425402", otherIds: ["72"] });
});
