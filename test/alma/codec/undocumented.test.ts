import { expect, test } from "vitest";
import { caller, conversation } from "../fake.ts";

test("an undocumented value is passed on, reported each time and logged once", async () => {
  const unit = {
    id: 1,
    status: "under_repair",
    property_type: { name: "property_type.studio", value: "studio" },
    parking: { name: "parking_type.valet", value: "valet" },
    keybox_code: "not a vocabulary",
  };
  const reported: object[] = [];
  const lines: object[] = [];
  const log = (details: object) => lines.push(details);
  const { alma } = await conversation(({ path }) => [200, path.endsWith("units/") ? [unit] : unit], {
    onUndocumented: (undocumented) => reported.push(undocumented),
    log: { debug: () => {}, info: log, warn: log },
  });
  const { match } = await alma.unit.get({ id: 1 }, caller);
  expect(match?.record).toMatchObject({ status: "under_repair", parking: { value: "valet" } });
  await alma.unit.get({ id: 1 }, caller);
  const undocumented = [
    { kind: "unit", field: "status", value: "under_repair" },
    { kind: "unit", field: "parking", value: "valet" },
  ];
  expect(reported).toEqual([...undocumented, ...undocumented]);
  expect(lines).toEqual(undocumented);
});

test("a kind whose noun has two words is reported by its name, with its fields and values", async () => {
  const reported: object[] = [];
  const { alma } = await conversation(
    ({ path }) => {
      const contract = { id: 1, work_model: "Sale", colour: "red" };
      if (path.includes("rental_object")) return [200, { id: 1, colour: "red" }];
      return [200, path.endsWith("owner_contracts/") ? [contract] : contract];
    },
    { onUndocumented: (undocumented) => reported.push(undocumented) },
  );
  await alma.ownerContract.get({ id: 1 }, caller);
  await alma.rentalObject("b1", caller);
  expect(reported).toEqual([
    { kind: "ownerContract", field: "colour" },
    { kind: "ownerContract", field: "workModel", value: "Sale" },
    { kind: "rentalObject", field: "colour" },
  ]);
});

test("undocumented values are reported from lists too, numbers also, long texts not", async () => {
  const reported: object[] = [];
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
    { onUndocumented: (undocumented) => reported.push(undocumented) },
  );
  await alma.client.list(caller);
  await alma.client.get({ id: 1 }, caller);
  await alma.tenantContract.get({ id: 1 }, caller);
  expect(reported).toEqual([
    { kind: "client", field: "status", value: "gone" },
    { kind: "client", field: "country", value: "7" },
  ]);
});
