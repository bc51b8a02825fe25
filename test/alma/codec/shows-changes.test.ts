import { expect, test } from "vitest";
import { showsChanges } from "../../../src/alma/index.ts";

test.each([
  ["the same text, without blanks around it", { name: "101" }, { name: " 101 " }, true],
  ["another text", { name: "101" }, { name: "102" }, false],
  ["an equal decimal with fewer digits", { goalRentCost: "12.2" }, { goalRentCost: "12.20" }, true],
  ["another decimal", { goalRentCost: "12.2" }, { goalRentCost: "12.21" }, false],
  ["an e-mail address in lower case", { email: "mona@example.com" }, { email: "Mona@Example.com" }, true],
  ["another e-mail address", { email: "mona@example.com" }, { email: "mina@example.com" }, false],
  ["a phone number without its blanks", { phone: "+971501234567" }, { phone: "+971 (50) 123-45-67" }, true],
  ["another phone number", { phone: "+971501234567" }, { phone: "+971501234568" }, false],
  ["text for an empty phone number", { phone: "n/a" }, { phone: "" }, false],
  ["the same text for a phone number", { phone: "n/a" }, { phone: "n/a " }, true],
  ["no phone number", { phone: null }, { phone: "+971501234567" }, false],
  ["a name in lower case", { firstName: "mona" }, { firstName: "Mona" }, false],
  [
    "the first 8 characters of a lock's password",
    { electronicLockPassword: "12345678" },
    { electronicLockPassword: "1234567890" },
    true,
  ],
  [
    "the first 7 characters of a lock's password",
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
    "the neutral value of a cleared choice",
    { parking: { name: "", value: "not_applicable" } },
    { parking: null },
    true,
  ],
  ["a contract's rental object", { unitUsage: { unitId: 7 } }, { rentalObject: 7 }, true],
  ["the rental object of what is no contract", { rentalObject: { id: 7 } }, { rentalObject: 7 }, true],
  ["another one of it", { rentalObject: { id: 7 } }, { rentalObject: 8 }, false],
  ["another rental object", { unitUsage: { unitId: 7 } }, { rentalObject: 8 }, false],
  ["an empty value for a cleared field", { floor: "" }, { floor: null }, true],
  ["a value for a field that was to be cleared", { floor: "3" }, { floor: null }, false],
])("%s: %o shows the change %o is %s", (_case, record, changes, expected) => {
  expect(showsChanges(record, changes)).toBe(expected);
});

test("an empty number of a unit is shown as 0, an empty text is not", () => {
  for (const number of [null, "", "0"]) {
    expect(showsChanges({ number }, { number: null })).toBe(true);
    expect(showsChanges({ number }, { number: "" })).toBe(true);
  }
  expect(showsChanges({ number: "12" }, { number: null })).toBe(false);
  expect(showsChanges({ header: "0" }, { header: "" })).toBe(false);
  expect(showsChanges({ header: null }, { header: "" })).toBe(true);
});
