import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

const day = {
  past: "2025-01-01",
  ended: "2025-06-14",
  today: "2025-06-15",
  soon: "2025-08-01",
  late: "2025-12-31",
};
const span = (start_date: string, end_date: string | null) => ({ start_date, end_date });

/** Ended, active and planned contracts on unit 1 and its rooms; client 252 has another one elsewhere. */
const leases = {
  ...household,
  clients: [
    ...household.clients,
    { id: 253, email: "planned@example.com", status: "active", has_app_access: true },
  ].map((client) => ({ ...client, status: "active", has_app_access: true })),
  ownerContracts: [{ id: 501, unit_id: 1, client_id: 251, ...span(day.past, null) }],
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 252, ...span(day.past, day.ended) },
    { id: 902, unit_id: 11, client_id: 252, ...span(day.today, day.today) },
    { id: 903, unit_id: 12, client_id: 253, ...span(day.soon, day.late) },
    { id: 904, unit_id: 2, client_id: 252, ...span(day.past, day.late) },
  ],
};

test("archiving a unit archives its rooms and all active and planned contracts", async () => {
  const { patch, data } = await startAlma({ data: leases });
  const reply = await patch("realty/units/1/archive/", { is_archived: true });
  expect(reply).toMatchObject({ status: 200, body: { id: 1, is_archived: true } });
  expect([11, 12].map((id) => data.rooms.get(id)?.is_archived)).toEqual([true, true]);
  expect(data.units.get(2)?.is_archived).toBe(false);
  expect(data.ownerContracts.get(501)?.is_archived).toBe(true);
  const archived = data.tenantContracts.all().filter((contract) => contract.is_archived);
  expect(archived.map(({ id }) => id)).toEqual([903, 902]);
});

test("a client without an active contract loses access to the app; others keep it", async () => {
  const { patch, get, data } = await startAlma({ data: leases });
  await patch("realty/units/1/archive/", { is_archived: true });
  expect(data.clients.all().map(({ id, has_app_access }) => [id, has_app_access])).toEqual([
    [253, false],
    [252, true],
    [251, false],
  ]);
  expect((await get("realty/clients/251/")).body.status).toBe("inactive");
});

test("archiving a room archives its own contracts only", async () => {
  const { patch, data } = await startAlma({ data: leases });
  await patch("realty/rooms/external_id/r-11/archive/", { is_archived: true });
  expect(data.rooms.all().map(({ is_archived }) => is_archived)).toEqual([false, true]);
  expect(data.units.get(1)?.is_archived).toBe(false);
  expect(data.ownerContracts.get(501)?.is_archived).toBe(false);
  expect(
    data.tenantContracts
      .all()
      .filter((row) => row.is_archived)
      .map(({ id }) => id),
  ).toEqual([902]);
});

test("unarchiving a unit unarchives its rooms, building and project, but no contract", async () => {
  const { patch, data } = await startAlma({ data: leases });
  await patch("realty/units/external_id/u-1/archive/", { is_archived: true });
  data.buildings.change(1001, { is_archived: true });
  data.projects.change(207, { is_archived: true });
  await patch("realty/units/1/archive/", { is_archived: false });
  expect(data.units.get(1)?.is_archived).toBe(false);
  expect(data.rooms.all().map(({ is_archived }) => is_archived)).toEqual([false, false]);
  expect(data.buildings.get(1001)?.is_archived).toBe(false);
  expect(data.projects.get(207)?.is_archived).toBe(false);
  expect(data.ownerContracts.get(501)?.is_archived).toBe(true);
});

test("unarchiving a room unarchives its unit, building and project, but not the unit's other rooms", async () => {
  const { patch, data } = await startAlma({ data: leases });
  await patch("realty/units/1/archive/", { is_archived: true });
  data.buildings.change(1001, { is_archived: true });
  await patch("realty/rooms/11/archive/", { is_archived: false });
  expect(data.units.get(1)?.is_archived).toBe(false);
  expect(data.rooms.get(11)?.is_archived).toBe(false);
  expect(data.rooms.get(12)?.is_archived).toBe(true);
  expect(data.buildings.get(1001)?.is_archived).toBe(false);
});

test.each([
  ["object", expect.objectContaining({ id: 1, is_archived: true })],
  ["true", true],
  ["empty", ""],
] as const)("archive answers: %s", async (archiveAnswer, body) => {
  const { patch } = await startAlma({ data: household, switches: { archiveAnswer } });
  expect(await patch("realty/units/1/archive/", { is_archived: true })).toMatchObject({ status: 200, body });
});

test("archive requires is_archived", async () => {
  const { patch } = await startAlma({ data: household });
  expect((await patch("realty/rooms/11/archive/", {})).body).toEqual({
    is_archived: ["This field is required."],
  });
  expect((await patch("realty/rooms/11/archive/", { is_archived: "maybe" })).body).toEqual({
    is_archived: ["Must be a valid boolean."],
  });
  expect((await patch("realty/rooms/99/archive/", { is_archived: true })).status).toBe(404);
});
