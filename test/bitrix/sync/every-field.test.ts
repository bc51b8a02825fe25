import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { advance, skipWaiting } from "../../support/clock.ts";
import { startInFront } from "../../support/gateway.ts";
import type { Item } from "../item/items.ts";
import { items, variant } from "./every-field.ts";
import { type Payload, syncMutation } from "./gateway.ts";

// Each test runs some hundred syncs.
vi.setConfig({ testTimeout: 120_000 });

type Row = Record<string, unknown>;
const tables = {
  units: "units",
  rooms: "rooms",
  clients: "clients",
  owner_contracts: "ownerContracts",
  tenant_contracts: "tenantContracts",
} as const;

/**
 * The fields that the mapping writes to an existing record: wire names by table. Files are kept, and constants are only
 * for creates.
 */
function mappedFields(): ReadonlyMap<string, readonly string[]> {
  const { items: mapped } = JSON.parse(readFileSync("src/capabilities/bitrix/dubai.json", "utf8"));
  const names = new Map<string, Set<string>>();
  for (const { records } of Object.values<{
    records: Record<string, Record<string, { from?: string[]; as?: string }>>;
  }>(mapped))
    for (const [kind, fields] of Object.entries(records))
      for (const [name, { from, as }] of Object.entries(fields)) {
        const wire = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        if (from && as !== "file" && kind !== "building")
          names.set(`${kind}s`, (names.get(`${kind}s`) ?? new Set()).add(wire));
      }
  return new Map([...names].map(([table, fields]) => [table, [...fields]]));
}

/** Two other values of the same type; a flag has one. */
function theirs(value: unknown, index: 0 | 1): unknown {
  if (typeof value === "number") return value + 1 + index;
  if (typeof value === "boolean") return !value;
  const text = String(value);
  if (/^\d{4}-\d\d-\d\d/.test(text)) return text.replace(/^(\d{4}-\d\d-)\d\d/, `$11${5 + index}`);
  if (/^[\d.]+$/.test(text)) return `${1 + index}${text}`;
  if (text.includes("@")) return `theirs-${index}@example.com`;
  return text.startsWith("+") ? `+97150999999${index}` : `Theirs ${index}`;
}

/** Alma as documented, and an Alma that strips and truncates texts and normalizes amounts and addresses. */
const almas: Readonly<Record<string, (row: Row) => Row>> = {
  "as they were sent": (row) => row,
  "in a form of its own": (row) =>
    Object.fromEntries(
      Object.entries(row).map(([field, value]) => {
        if (field === "price") return [field, String(Number(value))];
        if (field === "goal_rent_cost") return [field, Number(value).toFixed(2)];
        if (typeof value !== "string") return [field, value];
        if (field === "phone") return [field, value.replace(/^\+/, "00")];
        if (field === "electronic_lock_password") return [field, value.slice(0, 4)];
        return [
          field,
          /^(address|header|floor|history|internet_login|internet_password)$/.test(field)
            ? value.trim().toUpperCase()
            : value.trim(),
        ];
      }),
    ),
};

async function start(simulator: Simulator, store?: string) {
  const folder = mkdtempSync(join(tmpdir(), "every-field-"));
  const STORE_URL = store ?? `sqlite:${folder}/store.sqlite`;
  const run = () => startInFront(simulator, { ALMA_TIMEOUT: "10", DEADLINE: "3600", STORE_URL });
  let gateway = await run();
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  return {
    async restart() {
      await gateway.close();
      gateway = await run();
    },
    /** The items' outcomes, and the fields sent to Alma, by table. */
    async sync(sent: readonly Item[] = items) {
      simulator.log.clear();
      const answering = gateway.query(syncMutation, { items: sent });
      // The moved clock does not wait for file system threads.
      const answer = await (STORE_URL === "memory:" ? skipWaiting(answering) : answering);
      const payload = answer.data.syncBitrix as Payload;
      const writes = simulator.log.entries.filter(({ method }) => method === "POST" || method === "PATCH");
      return {
        actions: payload.items.map(
          ({ action, userErrors }) => userErrors.map(({ message }) => message)[0] ?? action,
        ),
        // A name is sent with the parent within which it is unique.
        sent: writes.map(({ path, body }) => [
          placeOf(path).table,
          Object.keys(body as Row).filter((name) => name !== "building" && name !== "parent_unit"),
        ]),
        bodies: writes.map(({ path, body }) => [placeOf(path).table, body as Row] as const),
      };
    },
  };
}

/** The table and the record of a path; `clients` are at two. */
function placeOf(path: string) {
  const [, place = "", id] = /(\w+)\/(?:(\d+)\/)?$/.exec(path) ?? [];
  const table = tables[place as keyof typeof tables] ?? place;
  return { table, id: Number(id), key: `${table} ${id}` };
}

const unchanged = { actions: items.map(() => "UNCHANGED"), sent: [] };

/** An Alma that formats values this way, and a gateway over it that has created and synced the items. */
async function create(show: (row: Row) => Row, store?: string) {
  const simulator = await createSimulator({ size: 0, data: { projects: [{ id: 207, name: "Dubai" }] } });
  onTestFinished(() => simulator.close());
  /** The values that another system writes, by record, before a change is read again. */
  const between = new Map<string, Row>();
  simulator.faults.add({
    kind: "transform",
    when: ({ method }) => method === "GET",
    change(body, { path }) {
      if (Array.isArray(body)) return body.map(show);
      const { table, id, key } = placeOf(path);
      const values = between.get(key);
      const isRead = simulator.log.entries.some(
        (entry) => entry.method === "PATCH" && placeOf(entry.path).key === key,
      );
      if (values && isRead) {
        between.delete(key);
        return show(simulator.data[table as "units"].change(id, values) as unknown as Row);
      }
      return typeof body === "object" && body !== null ? show(body as Row) : body;
    },
  });
  const { sync, restart } = await start(simulator, store);
  const created = await sync();
  expect(created.actions).toEqual(items.map(() => "CREATED"));
  await sync();
  return { simulator, between, sync, restart, written: new Map(created.bodies) };
}

describe.each(Object.entries(almas))(
  "every field of every kind, of which Alma shows values %s",
  (_, show) => {
    test("is sent at most twice while it is unchanged, even after a restart", async () => {
      const { sync, restart, written } = await create(show);
      const fields = mappedFields();
      expect(
        [...fields].map(([table, names]) => [
          table,
          names.filter((name) => !(name in (written.get(table as "units") ?? {}))),
        ]),
      ).toEqual([...fields].map(([table]) => [table, []]));
      expect(await sync()).toMatchObject(unchanged);
      await restart();
      expect(await sync()).toMatchObject(unchanged);
      expect(await sync(variant)).toMatchObject(unchanged);
    });

    test("is corrected after another program has written it, even before it is read again", async () => {
      const { simulator, between, sync, written } = await create(show, "memory:");
      const fields = mappedFields();
      const rounds = Math.max(...[...fields.values()].map(({ length }) => length));
      for (let round = 0; round < rounds; round++) {
        const changed: (readonly [table: string, name: string])[] = [];
        for (const [table, names] of fields) {
          const name = names[round];
          // Whether an apartment with rooms is let as a whole is a separate question.
          if (name === undefined || name === "is_used_additional_external_id") continue;
          const [row] = simulator.data[table as "units"].all();
          const value = (row as unknown as Row)[name];
          simulator.data[table as "units"].change(row?.id ?? 0, { [name]: theirs(value, 0) });
          if (typeof value !== "boolean") between.set(`${table} ${row?.id}`, { [name]: theirs(value, 1) });
          changed.push([table, name]);
        }
        const isChangedAgain = ([table]: readonly string[]) =>
          [...between.keys()].some((key) => key.startsWith(`${table} `));
        for (const corrected of [changed, changed.filter(isChangedAgain), []]) {
          advance(60_000);
          // The gateway recognizes Alma's format after two writes.
          if (corrected.length === 0) await sync();
          const told = await sync();
          expect({ round, actions: told.actions, sent: Object.fromEntries(told.sent) }).toEqual({
            round,
            actions: Object.values(tables).map((table) =>
              corrected.some(([of]) => of === table) ? "UPDATED" : "UNCHANGED",
            ),
            sent: Object.fromEntries(corrected.map(([table, name]) => [table, [name]])),
          });
          for (const [table, body] of told.bodies)
            for (const [name, value] of Object.entries(body))
              expect([table, name, value]).toEqual([table, name, written.get(table)?.[name]]);
          expect(between.size).toBe(0);
        }
      }
    });
  },
);
