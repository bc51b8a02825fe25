import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { start } from "../graph/start.ts";
import { openStream } from "../support/stream.ts";

const writer = createApiKey("writer", ["read", "write"], null);
const reader = createApiKey("reader", ["read"], null);
const env = { CATALOG: "on", API_KEYS: JSON.stringify([writer.record, reader.record]) };

async function watch(more: Record<string, string> = {}) {
  const gateway = await start({}, { ...env, ...more });
  const touch = async (records: unknown, key = writer.key) => {
    const response = await fetch(`${gateway.address}/touch`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify({ records }),
    });
    return [response.status, (await response.json()) as Record<string, unknown>] as const;
  };
  const follow = () =>
    openStream(`${gateway.address}/changes?after=now`, { headers: { "x-api-key": writer.key } });
  return { ...gateway, touch, follow };
}

test("reported records are read now, by Alma id, by Bitrix id and by kind, equal requests once", async () => {
  const { data, touch, follow, asked } = await watch();
  const changes = await follow();
  const externalId = String(data.clients.get(252)?.external_id);
  data.units.change(1, { address: "Elsewhere" });
  data.clients.change(252, { first_name: "Renamed" });
  data.rooms.insert({ ...data.rooms.get(12), id: 4_000, name: "9", external_id: "r-4000" });
  asked();
  const unit = { kind: "UNIT", almaId: 1 };
  expect(await touch([unit, unit, { kind: "CLIENT", externalId }, { kind: "ROOM" }])).toEqual([
    202,
    { reads: 3, waiting: 1 },
  ]);
  const told = await changes.take(3);
  expect(told.map(({ recordId, field, after }) => [recordId, field, after])).toEqual(
    expect.arrayContaining([
      ["Unit:1", "address", "Elsewhere"],
      ["Client:252", "firstName", "Renamed"],
      ["Room:4000", null, null],
    ]),
  );
  expect(asked().filter((call) => call === "GET realty/units/1/")).toHaveLength(1);
});

test("an unknown record appears with its list", async () => {
  const { data, touch, follow, query } = await watch();
  const changes = await follow();
  data.rooms.insert({ ...data.rooms.get(12), id: 4_000, name: "9", external_id: "r-4000" });
  expect((await touch([{ kind: "ROOM", externalId: "r-4000" }]))[0]).toBe(202);
  expect((await changes.take(1))[0]).toMatchObject({ event: "APPEARED", recordId: "Room:4000" });
  const { data: answer } = await query("{ rooms { nodes { almaId } } }", {}, { "x-api-key": reader.key });
  expect(answer.rooms.nodes).toContainEqual({ almaId: 4_000 });
});

test("invalid or unreadable reports of changes are refused with a sentence", async () => {
  const { touch } = await watch();
  const codeOf = async (records: unknown, key?: string) => {
    const [status, { errors }] = await touch(records, key);
    return [status, (errors as { extensions: { code: string } }[])[0]?.extensions.code];
  };
  expect(await codeOf([{ kind: "TOWER", almaId: 1 }])).toEqual([400, "BAD_USER_INPUT"]);
  expect(await codeOf([{ kind: "UNIT", almaId: 1, externalId: "u" }])).toEqual([400, "BAD_USER_INPUT"]);
  expect(await codeOf([{ kind: "UNIT", id: 1 }])).toEqual([400, "BAD_USER_INPUT"]);
  expect(await codeOf([])).toEqual([400, "BAD_USER_INPUT"]);
  expect(await codeOf(Array(101).fill({ kind: "UNIT" }))).toEqual([400, "BAD_USER_INPUT"]);
  expect(await codeOf([{ kind: "UNIT" }], reader.key)).toEqual([403, "FORBIDDEN"]);
  // It is not found, and nothing happens.
  expect((await touch([{ kind: "UNIT", externalId: "nobody's" }]))[0]).toBe(202);
  const many = Array.from({ length: 12 }, (_, page) =>
    touch(Array.from({ length: 100 }, (_, index) => ({ kind: "UNIT", almaId: 10_000 + 100 * page + index }))),
  );
  expect((await Promise.all(many)).filter(([status]) => status === 503).length).toBeGreaterThan(0);
});

test("a gateway without background reads says so", async () => {
  const { touch } = await watch({ CATALOG: "off" });
  expect(await touch([{ kind: "UNIT", almaId: 1 }])).toMatchObject([501, { errors: [{}] }]);
});
