import { expect, test } from "vitest";
import { household, ids, newClient, newTenantContract, startAlma } from "./alma.ts";

test("a new client is unconfirmed, and active after the first contract", async () => {
  const { post, get, data } = await startAlma({ data: household });
  const { body } = await post("users/clients/", newClient);
  expect(body.status).toBe("unconfirmed");
  expect(data.clients.get(body.id as number)?.has_app_access).toBe(false);
  await post("realty/contracts/tenant_contracts/", { ...newTenantContract, client_id: body.id });
  expect((await get(`realty/clients/${body.id}/`)).body.status).toBe("active");
  expect(data.clients.get(body.id as number)?.has_app_access).toBe(true);
});

test("a client's e-mail address is unique", async () => {
  const { post, patch } = await startAlma({ data: household });
  const refused = { email: ["Client with this email already exists."] };
  expect((await post("users/clients/", { ...newClient, email: "AMELIA@example.com" })).body).toEqual(refused);
  expect((await patch("realty/clients/252/", { email: "amelia@example.com" })).body).toEqual(refused);
  expect((await patch("realty/clients/251/", { email: "amelia@example.com" })).status).toBe(200);
});

test("an attached scan can be replaced, but not removed", async () => {
  const { patch } = await startAlma({ data: household });
  const path = (name: string) => `/private-media/127/clients_files/client_251/passport_scan/${name}`;
  expect((await patch("realty/clients/251/", { passport_scan: 9146 })).body.passport_scan).toBe(
    path("one.jpg"),
  );
  expect((await patch("realty/clients/251/", { passport_scan: null })).body.passport_scan).toBe(
    path("one.jpg"),
  );
  expect((await patch("realty/clients/251/", { passport_scan: 9147 })).body.passport_scan).toBe(
    path("two.jpg"),
  );
});

test("a client's status cannot be set", async () => {
  const { patch } = await startAlma({ data: household });
  expect((await patch("realty/clients/251/", { status: "active" })).body.status).toBe("unconfirmed");
});

test.each([
  ["realty", { "realty/clients/": [200, 405], "users/clients/": [405, 201] }],
  ["users", { "realty/clients/": [404, 404], "users/clients/": [200, 201] }],
  ["both", { "realty/clients/": [200, 201], "users/clients/": [200, 201] }],
] as const)("clients live under %s", async (clientBase, expected) => {
  for (const [path, [list, create]] of Object.entries(expected)) {
    const { get, post, patch } = await startAlma({ data: household, switches: { clientBase } });
    expect((await get(path)).status).toBe(list);
    expect((await post(path, newClient)).status).toBe(create);
    const one = list === 200 ? 200 : 404;
    expect((await get(`${path}251/`)).status).toBe(one);
    expect((await patch(`${path}external_id/c-251/`, { phone: "1" })).status).toBe(one);
  }
});

test("lists contain archived records and unconfirmed clients, depending on the switch", async () => {
  const { get, data, simulator } = await startAlma({ data: household });
  const contract = { unit_id: 1, client_id: 251, is_archived: true };
  data.ownerContracts.insert(contract);
  data.tenantContracts.insert(contract);
  data.units.change(1, { is_archived: true });
  data.rooms.change(11, { is_archived: true });
  data.buildings.change(1001, { is_archived: true });
  data.clients.change(252, { status: "active" });
  const all = async () =>
    Promise.all(
      [
        "units",
        "rooms",
        "buildings",
        "clients",
        "contracts/owner_contracts",
        "contracts/tenant_contracts",
      ].map(async (kind) => ids(await get(`realty/${kind}/`))),
    );
  expect(await all()).toEqual([[2, 1], [12, 11], [1001], [252, 251], [501], [901]]);
  simulator.switches.archivedInLists = false;
  expect(await all()).toEqual([[2], [12], [], [252], [], []]);
  expect((await get("realty/units/1/")).status).toBe(200);
});
