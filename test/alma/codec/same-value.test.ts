import { expect, test } from "vitest";
import { type Kind, mayShow, showsSame, showsStored } from "../../../src/alma/index.ts";

type Record = { readonly [field: string]: unknown };

/** How one record's value relates to another record's: the same, as Alma stores it, or possibly changed. */
const judge = (kind: Kind, shown: Record, [field, value]: readonly [string, unknown]) =>
  [showsSame, showsStored, mayShow].map((judge) => judge(kind, shown, field, value));
const same = [true, true, true];
const stored = [false, true, true];
const possible = [false, false, true];
const other = [false, false, false];

test.each<[string, Kind, Record, [string, unknown], boolean[]]>([
  ["a text", "unit", { name: "101" }, ["name", "101"], same],
  ["a text with blanks around it", "unit", { name: "101" }, ["name", " 101\u00a0"], stored],
  ["a text in another case", "client", { firstName: "mona" }, ["firstName", "Mona"], possible],
  ["a text in another form of Unicode", "unit", { header: "caf\u00e9" }, ["header", "cafe\u0301"], possible],
  ["digits with a zero in front", "unit", { keyboxCode: "123" }, ["keyboxCode", "0123"], possible],
  ["a number in a text", "unit", { floor: "7" }, ["floor", "7.0"], possible],
  ["another text", "unit", { name: "101" }, ["name", "102"], other],
  ["an equal decimal", "unit", { goalRentCost: "12.20" }, ["goalRentCost", "012.2"], same],
  ["a decimal that is rounded", "unit", { goalRentCost: "12.35" }, ["goalRentCost", "12.345"], possible],
  ["another decimal", "unit", { goalRentCost: "12.20" }, ["goalRentCost", "12.21"], other],
  ["an e-mail address in lower case", "client", { email: "m@e.com" }, ["email", "M@E.com"], possible],
  ["another e-mail address", "client", { email: "m@e.com" }, ["email", "n@e.com"], other],
  ["the digits of a phone number", "client", { phone: "+97150123" }, ["phone", "+971 (50) 123"], possible],
  ["an extension", "client", { phone: "+9715012345" }, ["phone", "+97150123 ext 45"], possible],
  ["another phone number", "client", { phone: "+97150123" }, ["phone", "+97150124"], other],
  ["words for a phone number", "client", { phone: "n/a" }, ["phone", "none"], other],
  [
    "a cut password",
    "room",
    { electronicLockPassword: "12345678" },
    ["electronicLockPassword", "1234567890"],
    stored,
  ],
  [
    "a shorter password",
    "room",
    { electronicLockPassword: "1234567" },
    ["electronicLockPassword", "1234567890"],
    other,
  ],
  ["a choice", "unit", { parking: { value: "uncovered" } }, ["parking", "uncovered"], same],
  ["another choice", "unit", { parking: { value: "uncovered" } }, ["parking", "covered"], other],
  ["a cleared choice", "unit", { parking: { value: "not_applicable" } }, ["parking", null], stored],
  ["a choice of a number", "client", { country: { value: "4" } }, ["country", "04"], stored],
  ["another record", "room", { parentUnit: { id: 7 } }, ["parentUnit", 7], same],
  ["the object of a contract", "tenantContract", { unitUsage: { unitId: 7 } }, ["rentalObject", 7], same],
  ["another object", "tenantContract", { unitUsage: { unitId: 7 } }, ["rentalObject", 8], other],
  ["an empty text", "unit", { floor: "" }, ["floor", null], same],
  ["a value to be cleared", "unit", { floor: "3" }, ["floor", null], other],
  ["an empty amount", "tenantContract", { price: "0.00" }, ["price", null], stored],
  ["an amount of nothing", "tenantContract", { price: null }, ["price", "0"], stored],
  ["an empty number", "unit", { number: "0" }, ["number", " "], stored],
  ["no empty number", "unit", { header: "0" }, ["header", ""], other],
  ["no photos", "unit", { photos: [] }, ["photos", null], same],
  ["a scan", "client", { idScan: "/media/7.jpg" }, ["idScan", 7], other],
])("%s: whether %s showing %o matches %o", (_case, kind, shown, sent, expected) => {
  expect(judge(kind, shown, sent)).toEqual(expected);
});
