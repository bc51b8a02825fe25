import { copyFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { leaseInput } from "../../graph/start.ts";
import { eventually } from "../../share/members.ts";
import { household } from "../../simulator/alma.ts";
import { startInFront } from "../../support/gateway.ts";
import { storeFolder } from "./folder.ts";

/** Starts a gateway on a file. */
async function start(alma: Simulator, path: string, env: Record<string, string> = {}) {
  const store = { STORE_URL: `sqlite:${path}`, STORE_KEY: "7b".repeat(32) };
  const { query, close } = await startInFront(alma, {
    LOG_LEVEL: "silent",
    ALMA_TIMEOUT: "1",
    ...store,
    ...env,
  });
  onTestFinished(close);
  const ask = (field: string, rest: string) => query(`mutation { ${field}${rest} }`);
  return {
    close,
    ask,
    /** The payload of the mutation `field`. */
    mutate: async (field: string, rest: string) => (await ask(field, rest)).data[field],
  };
}

async function begin(env: Record<string, string> = {}) {
  const alma = await createSimulator({ size: 0, data: household });
  onTestFinished(() => alma.close());
  const { path } = await storeFolder();
  let count = 0;
  return {
    alma,
    path,
    first: await start(alma, path, env),
    writes: () => alma.log.entries.filter(({ method }) => method !== "GET").length,
    /** A gateway that resumes from the current contents of the disk, as after a kill of the first one. */
    async next() {
      const own = `${path}-${++count}`;
      for (const part of ["", "-wal"]) await copyFile(`${path}${part}`, `${own}${part}`);
      return start(alma, own, env);
    },
  };
}

const create = (name: string) =>
  `(idempotencyKey: "k", input: { externalId: "b-9", name: "${name}" }) { building { almaId name } userErrors { code field } }`;
const codesOf = (payload: { readonly userErrors: readonly { readonly code: string }[] }) =>
  payload.userErrors.map(({ code }) => code);

test("an answered mutation gets the same answer with its key, after a kill and after restarts", async () => {
  const { alma, path, first, writes, next } = await begin();
  const made = await first.mutate("createBuilding", create("Nine"));
  expect(made).toEqual({ building: { almaId: expect.any(Number), name: "Nine" }, userErrors: [] });
  const killed = await next();
  expect(await killed.mutate("createBuilding", create("Nine"))).toEqual(made);
  expect(codesOf(await killed.mutate("createBuilding", create("Ten")))).toEqual(["INVALID"]);
  await first.close();
  for (let restarts = 0; restarts < 2; restarts++) {
    const restarted = await start(alma, path);
    expect(await restarted.mutate("createBuilding", create("Nine"))).toEqual(made);
    await restarted.close();
  }
  expect(writes()).toBe(1);
});

test.each([
  ["createBuilding", create("Nine"), "before", []],
  ["createBuilding", create("Nine"), "after", []],
  [
    "updateUnit",
    '(ref: { almaId: 1 }, idempotencyKey: "k", input: { number: "W-9" }) { userErrors { code } }',
    "before",
    [],
  ],
  [
    "updateUnit",
    '(ref: { almaId: 1 }, idempotencyKey: "k", input: { photos: { add: [9] } }) { userErrors { code } }',
    "before",
    ["OUTCOME_UNKNOWN"],
  ],
  [
    "updateUnit",
    '(ref: { almaId: 1 }, idempotencyKey: "k", input: { photos: { remove: [7] } }) { userErrors { code } }',
    "before",
    [],
  ],
  [
    "updateUnit",
    '(ref: { almaId: 1 }, idempotencyKey: "k", input: { photos: { add: [9146], remove: [7] } }) { userErrors { code } }',
    "before",
    ["OUTCOME_UNKNOWN"],
  ],
  [
    "blockUnit",
    '(ref: { almaId: 1 }, idempotencyKey: "k") { userErrors { code } }',
    "before",
    ["OUTCOME_UNKNOWN"],
  ],
] as const)(
  "%s%s, killed while Alma stalls, which has done it %s: is not sent twice under its key",
  async (field, rest, point, codes) => {
    const { alma, first, writes, next } = await begin();
    alma.data.units.change(1, { photos: [{ id: 7, url: "/media/old.jpg" }] });
    const stall = alma.faults.add({ kind: "stall", ms: 700, point, when: ({ method }) => method !== "GET" });
    const lost = first.mutate(field, rest);
    await eventually(() => stall.hits === 1);
    const killed = await next();
    const again = await killed.mutate(field, rest);
    expect(codesOf(again)).toEqual(codes);
    await lost;
    expect(writes()).toBe(1);
  },
);

test("frees keys of writes that were not sent or were refused", async () => {
  const { alma, first, writes, next } = await begin();
  const refusal = alma.faults.add({
    kind: "status",
    status: 400,
    when: ({ method }) => method !== "GET",
    times: 1,
  });
  expect(codesOf(await first.mutate("createBuilding", create("Nine")))).not.toEqual([]);
  expect(refusal.hits).toBe(1);
  const killed = await next();
  expect(codesOf(await killed.mutate("createBuilding", create("Ten")))).toEqual([]);
  expect(writes()).toBe(2);
});

test("a write that could undo or change one of unknown outcome is not sent after a kill either", async () => {
  const { alma, first, writes, next } = await begin({ WRITE_SETTLING_TIME: "30" });
  alma.faults.add({ kind: "reset", times: 1, when: ({ path }) => path.includes("archive") });
  const archive = "(ref: { almaId: 11 }) { userErrors { code } }";
  expect(codesOf(await first.mutate("archiveRoom", archive))).toEqual(["OUTCOME_UNKNOWN"]);
  const killed = await next();
  for (const [field, rest] of [
    ["createTenantContract", `(input: ${leaseInput("t-9")}) { userErrors { code } }`],
    ["updateRoom", '(ref: { almaId: 11 }, input: { header: "x" }) { userErrors { code } }'],
  ] as const)
    expect(await killed.ask(field, rest)).toMatchObject({
      errors: [{ extensions: { code: "WRITE_UNSETTLED" } }],
    });
  expect(
    codesOf(
      await killed.mutate(
        "updateRoom",
        '(ref: { almaId: 12 }, input: { header: "x" }) { userErrors { code } }',
      ),
    ),
  ).toEqual([]);
  expect(writes()).toBe(2);
});

test.each([
  [
    "createRoom",
    '(input: { externalId: "r-9", name: "9", parentUnit: { externalId: "u-1" }, propertyType: "bunk" }',
  ],
  ["updateUnit", '(ref: { externalId: "u-1" }, input: { externalId: "u-9" }'],
  ["archiveUnit", '(ref: { externalId: "u-1" }'],
])("%s is not known to be undone after a kill if its ref leads nowhere by then", async (field, args) => {
  const { alma, first, writes, next } = await begin({ MAX_AGE: "0" });
  const stall = { kind: "stall", ms: 700, point: "before" } as const;
  alma.faults.add({ ...stall, when: ({ method }) => method !== "GET" });
  const rest = `${args}, idempotencyKey: "k") { userErrors { code } }`;
  const lost = first.mutate(field, rest);
  await eventually(() => writes() === 1);
  const killed = await next();
  alma.data.units.change(1, { external_id: "other" });
  for (let repeats = 0; repeats < 2; repeats++)
    expect(codesOf(await killed.mutate(field, rest))).toEqual(["OUTCOME_UNKNOWN", "NOT_FOUND"]);
  await lost;
});

test("an update is not counted as done after a kill if its ref leads nowhere by then", async () => {
  const { alma, first, next } = await begin({ MAX_AGE: "0" });
  alma.data.buildings.insert({ ...alma.data.buildings.get(1001), id: 1002, name: "Two", external_id: "b-2" });
  const stall = { kind: "stall", ms: 700, point: "before" } as const;
  alma.faults.add({ ...stall, when: ({ method }) => method === "PATCH" });
  const update =
    '(ref: { almaId: 1 }, idempotencyKey: "k", input: { building: { externalId: "b-2" } }) { userErrors { code } }';
  const lost = first.mutate("updateUnit", update);
  await eventually(() => alma.log.entries.some(({ method }) => method === "PATCH"));
  const killed = await next();
  alma.data.buildings.change(1002, { external_id: "other" });
  expect(codesOf(await killed.mutate("updateUnit", update))).toEqual(["OUTCOME_UNKNOWN"]);
  await lost;
});

test.each([
  ["as before, is sent again", null, [], "W-9"],
  ["changed by somebody since, is told, and not overwritten", "theirs", ["OUTCOME_UNKNOWN"], "theirs"],
])(
  "an update repeated under its key after a kill, of a record that is %s",
  async (_, number, codes, kept) => {
    const { alma, first, next } = await begin();
    alma.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "PATCH" });
    const update =
      '(ref: { almaId: 1 }, idempotencyKey: "k", input: { number: "W-9", photos: { add: [] } }) { userErrors { code } }';
    const lost = first.mutate("updateUnit", update);
    await eventually(() => alma.log.entries.some(({ method }) => method === "PATCH"));
    const killed = await next();
    if (number !== null) alma.data.units.change(1, { number });
    expect(codesOf(await killed.mutate("updateUnit", update))).toEqual(codes);
    expect(alma.data.units.get(1)?.number).toBe(kept);
    await lost;
  },
);
