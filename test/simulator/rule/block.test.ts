import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

const block = { is_blocked: true };
const unblock = { is_blocked: false };
const refused = {
  status: 400,
  body: {
    non_field_errors: ["The unit has active or planned contracts or blocks and cannot be blocked."],
  },
};

test("a block is open-ended, starts today, and is stored for the object alone", async () => {
  const { patch, data } = await startAlma({ data: household });
  expect(await patch("realty/units/external_id/u-1/block/", block)).toMatchObject({
    status: 200,
    body: true,
  });
  expect(data.blocks.all()).toEqual([{ id: 71, unit_id: 1, start_date: "2025-06-15", end_date: null }]);
});

test("statuses of a blocked unit and its rooms change with the clock", async () => {
  const { patch, get, simulator } = await startAlma({ data: household });
  const statuses = async () =>
    [await get("realty/units/1/"), await get("realty/rooms/11/")].map(({ body }) => body.status);
  await patch("realty/units/1/block/", block);
  expect(await statuses()).toEqual(["available", "available"]);
  simulator.clock.advance();
  expect(await statuses()).toEqual(["blocked", "blocked"]);
  await patch("realty/units/1/block/", unblock);
  expect(await statuses()).toEqual(["blocked", "blocked"]);
  simulator.clock.advance(1);
  expect(await statuses()).toEqual(["available", "available"]);
  simulator.switches.statusFollows = "atOnce";
  await patch("realty/units/1/block/", block);
  expect(await statuses()).toEqual(["blocked", "blocked"]);
});

test("statuses follow the start and end of contracts; unknown statuses are kept", async () => {
  const { get, data, simulator } = await startAlma({ data: household });
  data.tenantContracts.insert({
    unit_id: 11,
    client_id: 252,
    start_date: "2025-06-16",
    end_date: "2025-06-17",
  });
  data.rooms.change(12, { status: "under_repair" });
  const statuses = async () =>
    [await get("realty/rooms/11/"), await get("realty/rooms/12/")].map(({ body }) => body.status);
  expect(await statuses()).toEqual(["available", "under_repair"]);
  simulator.clock.advance(1);
  expect(await statuses()).toEqual(["rented", "under_repair"]);
  simulator.clock.advance(2);
  expect(await statuses()).toEqual(["available", "under_repair"]);
});

test.each([
  ["a planned contract", { start_date: "2025-07-01", end_date: null }],
  ["an active contract that ends today", { start_date: null, end_date: "2025-06-15" }],
])("a unit with %s on one of its rooms cannot be blocked", async (_what, dates) => {
  const { patch, data } = await startAlma({ data: household });
  data.tenantContracts.insert({ unit_id: 12, client_id: 252, ...dates });
  expect(await patch("realty/units/1/block/", block)).toMatchObject(refused);
  expect(await patch("realty/rooms/12/block/", block)).toMatchObject(refused);
  expect((await patch("realty/rooms/11/block/", block)).status).toBe(200);
  expect(await patch("realty/units/1/block/", block)).toMatchObject(refused);
});

test("ended or archived contracts and owner contracts do not prevent a block", async () => {
  const { patch, data } = await startAlma({ data: household });
  data.tenantContracts.insert({ unit_id: 1, client_id: 252, end_date: "2025-06-14" });
  data.tenantContracts.insert({ unit_id: 1, client_id: 252, is_archived: true });
  data.ownerContracts.insert({ unit_id: 1, client_id: 251 });
  expect((await patch("realty/units/1/block/", block)).status).toBe(200);
});

test("a second block is refused; a room of a blocked unit can have its own", async () => {
  const { patch } = await startAlma({ data: household });
  await patch("realty/units/1/block/", block);
  expect(await patch("realty/units/1/block/", block)).toMatchObject(refused);
  expect((await patch("realty/rooms/external_id/r-11/block/", block)).status).toBe(200);
});

test("unblocking removes open-ended blocks in force and those that start today only", async () => {
  const { patch, data } = await startAlma({ data: household });
  const blocks = [
    { id: 1, unit_id: 1, start_date: "2025-06-01", end_date: null },
    { id: 2, unit_id: 1, start_date: "2025-06-15", end_date: "2025-06-20" },
    { id: 3, unit_id: 1, start_date: "2025-06-01", end_date: "2025-06-20" },
    { id: 4, unit_id: 1, start_date: "2025-07-01", end_date: null },
    { id: 5, unit_id: 11, start_date: "2025-06-01", end_date: null },
  ];
  for (const each of blocks) data.blocks.insert(each);
  expect(await patch("realty/units/1/block/", unblock)).toMatchObject({ status: 200, body: true });
  expect(data.blocks.all().map(({ id }) => id)).toEqual([5, 4, 3]);
});

test.each([
  ["true", true],
  ["object", expect.objectContaining({ id: 11, status: "available" })],
  ["empty", ""],
] as const)("block answers: %s", async (blockAnswer, body) => {
  const { patch } = await startAlma({ data: household, switches: { blockAnswer } });
  expect(await patch("realty/rooms/11/block/", block)).toMatchObject({ status: 200, body });
});

test("a refused block can be answered with false", async () => {
  const { patch, data } = await startAlma({ data: household, switches: { refusedState: "false" } });
  data.tenantContracts.insert({ unit_id: 11, client_id: 252 });
  expect(await patch("realty/rooms/11/block/", block)).toMatchObject({ status: 200, body: false });
  expect(data.blocks.size).toBe(0);
});

test("a refusal by a rule can have the status 403", async () => {
  const { patch } = await startAlma({ data: household, switches: { refusalStatus: 403 } });
  await patch("realty/units/1/block/", block);
  expect((await patch("realty/units/1/block/", block)).status).toBe(403);
  expect((await patch("realty/units/1/block/", { is_blocked: null })).status).toBe(400);
});
