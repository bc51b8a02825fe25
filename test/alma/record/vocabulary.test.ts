import { expect, test } from "vitest";
import { caller, conversation } from "../fake.ts";

test("a word that Alma's document does not show is passed on, counted each time and logged once", async () => {
  const unit = {
    id: 1,
    status: "under_repair",
    property_type: { name: "property_type.studio", value: "studio" },
    parking: { name: "parking_type.valet", value: "valet" },
    keybox_code: "not a vocabulary",
  };
  const told: object[] = [];
  const lines: object[] = [];
  const say = (details: object) => lines.push(details);
  const { alma } = await conversation(({ path }) => [200, path.endsWith("units/") ? [unit] : unit], {
    onUndocumentedValue: (found) => told.push(found),
    log: { debug: () => {}, info: say, warn: say },
  });
  const { match: found } = await alma.unit.get({ id: 1 }, caller);
  expect(found?.record).toMatchObject({ status: "under_repair", parking: { value: "valet" } });
  await alma.unit.get({ id: 1 }, caller);
  const news = [
    { kind: "unit", field: "status", value: "under_repair" },
    { kind: "unit", field: "parking", value: "valet" },
  ];
  expect(told).toEqual([...news, ...news]);
  expect(lines).toEqual(news);
});

test("words of lists are heard, numbers are words, long texts are none", async () => {
  const told: object[] = [];
  const { alma } = await conversation(
    ({ path }) => {
      if (path.includes("contracts")) return [200, { id: 1, type_contract: "x".repeat(61) }];
      if (path.endsWith("clients/"))
        return [
          200,
          [
            { id: 1, status: "active" },
            { id: 2, status: "gone" },
          ],
        ];
      return [200, { id: 1, country: { name: "country.france", value: 7 }, status: null }];
    },
    { onUndocumentedValue: (found) => told.push(found) },
  );
  await alma.client.list(caller);
  await alma.client.get({ id: 1 }, caller);
  await alma.tenantContract.get({ id: 1 }, caller);
  expect(told).toEqual([
    { kind: "client", field: "status", value: "gone" },
    { kind: "client", field: "country", value: "7" },
  ]);
});
