import { expect, test } from "vitest";
import { showsChanges } from "../../../src/alma/index.ts";

test.each([
  ["text with blanks around it", { name: "101" }, { name: " 101 " }, true],
  ["another text", { name: "101" }, { name: "102" }, false],
  ["a decimal without its last zeros", { goalRentCost: "12.2" }, { goalRentCost: "12.20" }, true],
  ["another decimal", { goalRentCost: "12.2" }, { goalRentCost: "12.21" }, false],
  ["an address in other letters", { email: "mona@example.com" }, { email: "Mona@Example.com" }, true],
  ["another address", { email: "mona@example.com" }, { email: "mina@example.com" }, false],
  ["a number without its blanks", { phone: "+971501234567" }, { phone: "+971 (50) 123-45-67" }, true],
  ["another number", { phone: "+971501234567" }, { phone: "+971501234568" }, false],
  ["a word for a number", { phone: "n/a" }, { phone: "" }, false],
  ["the same word", { phone: "n/a" }, { phone: "n/a " }, true],
  ["no number", { phone: null }, { phone: "+971501234567" }, false],
  ["a name in other letters", { firstName: "mona" }, { firstName: "Mona" }, false],
  [
    "the first 8 of a password",
    { electronicLockPassword: "12345678" },
    { electronicLockPassword: "1234567890" },
    true,
  ],
  [
    "the first 7 of a password",
    { electronicLockPassword: "1234567" },
    { electronicLockPassword: "1234567890" },
    false,
  ],
  [
    "a choice",
    { parking: { name: "parking_type.uncovered", value: "uncovered" } },
    { parking: "uncovered" },
    true,
  ],
  [
    "another choice",
    { parking: { name: "parking_type.uncovered", value: "uncovered" } },
    { parking: "covered" },
    false,
  ],
  [
    "the place of a choice that was cleared",
    { parking: { name: "", value: "not_applicable" } },
    { parking: null },
    true,
  ],
  ["a contract's object", { unitUsage: { unitId: 7 } }, { rentalObject: 7 }, true],
  ["another object", { unitUsage: { unitId: 7 } }, { rentalObject: 8 }, false],
  ["nothing where something was cleared", { floor: "" }, { floor: null }, true],
  ["something where it was to be cleared", { floor: "3" }, { floor: null }, false],
])("%s", (_what, record, changes, expected) => {
  expect(showsChanges(record, changes)).toBe(expected);
});
