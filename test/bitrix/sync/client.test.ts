import { expect, test } from "vitest";
import { apartment, contact, file, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, having } from "./gateway.ts";

const PASSPORT = "ufCrm10_1694000435068";
const home = [apartment(12), unit(71, 12), contact(31, { PHONE: [] })];
const owner = ownerContract(401, 12, 31, {
  [PASSPORT]: file("passport.jpg"),
  Phone_work_0: "+971507654321",
});

test("data of an unsent contact on a contract completes its client", async () => {
  const { sync, sent, asked, data } = await having(...home);
  const { items } = await sync([owner]);
  expect(items).toMatchObject([{ action: "CREATED", userErrors: [] }]);
  expect(items[0]?.changes).toEqual(
    expect.arrayContaining([
      { field: "client.phone", before: "", after: "+971507654321", hidden: false },
      { field: "client.passportScan", before: null, after: null, hidden: false },
    ]),
  );
  const [{ id } = { id: 0 }] = data.files.all();
  expect(data.clients.all()).toMatchObject([{ phone: "+971507654321", passport_scan: id }]);
  expect(sent().map(([call]) => call.replace(/\d+/, "N"))).toEqual([
    "POST external-image/",
    "PATCH realty/clients/N/",
    "POST realty/contracts/owner_contracts/",
  ]);
  asked();
  expect(actions(await sync([owner]))).toEqual(["UNCHANGED"]);
  expect(sent()).toEqual([]);
});

test("fields that the client has are kept, and the client is not read again", async () => {
  const { sync, sent, asked } = await having(...home, owner);
  const other = ownerContract(401, 12, 31, {
    [PASSPORT]: file("other.jpg"),
    Phone_work_0: "+971500000000",
  });
  await sync([other]);
  expect(sent()).toEqual([]);
  asked();
  await sync([other]);
  // The contract alone.
  expect(asked()).toEqual([expect.stringMatching(/^GET .*owner_contracts/)]);
});

test("an unsent contact on a contract creates no client", async () => {
  const { sync, sent, data } = await having(apartment(12), unit(71, 12));
  const lease = tenantContract(501, 71, 31, { Phone_work_0: "+971507654321" });
  const { items } = await sync([lease, owner]);
  expect(items.map(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
    ["MISSING_LINK"],
    ["MISSING_LINK"],
  ]);
  expect(sent()).toEqual([]);
  expect(data.clients.all()).toEqual([]);
});

test("a passport that cannot be uploaded is a warning on the contract, which is made", async () => {
  const { sync, data, simulator } = await having(...home);
  simulator.faults.add({
    kind: "status",
    status: 400,
    body: { url: ["No picture."] },
    when: ({ path }) => path.endsWith("external-image/"),
  });
  const { items } = await sync([owner]);
  expect(items).toMatchObject([
    {
      action: "CREATED",
      userErrors: [],
      warnings: [{ message: expect.stringMatching(/^passportScan was left/) }],
    },
  ]);
  expect(data.ownerContracts.all()).toHaveLength(1);
});
