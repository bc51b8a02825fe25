import { expect, test } from "vitest";
import { parameterAt } from "../../../src/capabilities/reports/gallery/send-report-page.ts";

const query = `query Q($home: Ref, $building: Ref, $days: [Date!], $unit: Ref!) {
  rooms(filter: { unit: $home, and: [{ building: $building }, { name: { eq: "5" } }], days: { in: $days } }) {
    nodes { name }
  }
  unit(ref: $unit) { name }
}`;

test.each([
  ["filter.unit", "home"],
  ["filter.and.0.building", "building"],
  ["filter.days.in.1", "days"],
  ["unit", "unit"],
  ["ref.externalId", "unit"],
  ["filter.and.1.name.eq", undefined],
  ["filter", undefined],
  ["first", undefined],
])("the value at %s is that of the parameter %s", (argument, parameter) => {
  expect(parameterAt(query, argument)).toBe(parameter);
});
