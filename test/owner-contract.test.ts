import { afterAll, beforeAll, expect, test } from "vitest";
import { day } from "./support/day.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio });
});
afterAll(() => gateway.close());

const ask = async (query: string) => {
  gateway.asked();
  const { data, errors } = await gateway.query(query);
  expect(errors).toBeUndefined();
  return { data, asked: gateway.asked() };
};

test("an owner contract has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ ownerContract(ref: { almaId: 542 }) {
    id almaId externalId name number startDate endDate isArchived
    unitUsage { usageId clientId unitId clientType isArchived } state
    contractWithClientScan propertyTitleDeedScan propertyManagementLetterScan dtcmPermitScan
    pmlStartDate pmlEndDate workModel
  } }`);
  const scan = expect.stringMatching(/contract\.pdf$/);
  expect(data.ownerContract).toEqual({
    id: "OwnerContract:542",
    almaId: 542,
    externalId: "4330",
    name: "Owner of 2104",
    number: "OC-1",
    startDate: day(-400),
    endDate: day(400),
    isArchived: false,
    unitUsage: { usageId: 1941, clientId: 256, unitId: 9199, clientType: "owner", isArchived: false },
    state: "ACTIVE",
    contractWithClientScan: scan,
    propertyTitleDeedScan: scan,
    propertyManagementLetterScan: scan,
    dtcmPermitScan: scan,
    pmlStartDate: "2024-10-22",
    pmlEndDate: "2025-10-21",
    workModel: "TM 10%",
  });
  expect(asked).toEqual(["GET realty/contracts/owner_contracts/542/"]);
});

test("an owner contract has its unit and its owner", async () => {
  const { data } = await ask(`{ ownerContract(ref: { externalId: "4330" }) {
    client { firstName lastName } rentalObject { __typename name building { name } }
  } }`);
  expect(data.ownerContract).toEqual({
    client: { firstName: "Omar", lastName: "Haddad" },
    rentalObject: { __typename: "Unit", name: "2104", building: { name: "Marina Heights" } },
  });
});

test("an owner contract has its unit as a Unit, without a fragment", async () => {
  const { data } = await ask("{ ownerContract(ref: { almaId: 542 }) { unit { name numberOfBedrooms } } }");
  expect(data.ownerContract.unit).toEqual({ name: "2104", numberOfBedrooms: expect.any(Number) });
});

test("the state of a contract is available for any day", async () => {
  const { data } = await ask(`{ ownerContract(ref: { almaId: 542 }) {
    before: state(on: "${day(-401)}") first: state(on: "${day(-400)}") last: state(on: "${day(400)}") after: state(on: "${day(401)}")
  } }`);
  expect(data.ownerContract).toEqual({ before: "PLANNED", first: "ACTIVE", last: "ACTIVE", after: "ENDED" });
});
