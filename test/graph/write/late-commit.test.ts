import { describe, expect, test } from "vitest";
import type { Fault } from "../../../simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import { isPatch } from "../../simulator/update-fault.ts";
import { advance, now, skipWaiting, until } from "../../support/clock.ts";
import { leaseInput, SETTLING_TIME, start, unitInput } from "../start.ts";

const data = { ...household, units: [{ ...household.units[0], address: "Pier 1" }] };
const change = (address: string, key?: string) =>
  `updateUnit(ref: { almaId: 1 }, input: { address: "${address}" }${key ? `, idempotencyKey: "${key}"` : ""})`;
const photos = (changes: string) => `updateUnit(ref: { almaId: 1 }, input: { photos: { ${changes} } })`;

/** A gateway whose Alma performs the first PATCH `ms` milliseconds after its arrival, unless there is another fault. */
async function startLate(ms: number, fault: Partial<Fault> = {}, env: Record<string, string> = {}) {
  const gateway = await start({ data }, env);
  const late = { kind: "stall", ms, times: 1, when: isPatch, ...fault } as Fault;
  gateway.simulator.faults.add(late);
  const codes = async (mutation: string) => {
    const answer = await gateway.query(`mutation { done: ${mutation} { userErrors { code } } }`);
    const errors: { code: string }[] =
      answer.errors?.map(({ extensions }) => extensions) ?? answer.data.done.userErrors;
    return errors.map(({ code }) => code);
  };
  /** Lets Alma perform what it has received. */
  const pass = async (time: number) => {
    advance(time);
    await until(() => true);
  };
  return { ...gateway, codes, pass, unit: () => gateway.data.units.get(1) };
}

describe("a write that Alma performs late", () => {
  test("does not archive a contract that was made meanwhile", async () => {
    const { codes, data: tables, simulator } = await startLate(40_000);
    expect(await codes("archiveRoom(ref: { almaId: 11 })")).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes(`createTenantContract(input: ${leaseInput("t-9")})`)).toEqual(["WRITE_UNSETTLED"]);
    await until(() => tables.rooms.get(11)?.is_archived === true);
    expect(tables.tenantContracts.all()).toEqual([]);
    simulator.faults.clear();
  });

  test("is found by the next write, which then continues", async () => {
    const { codes, unit, sent } = await startLate(30_000);
    expect(await codes(change("Late"))).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes(change("Next"))).toEqual(["WRITE_UNSETTLED"]);
    await until(() => unit()?.address === "Late");
    expect(await codes(change("Next"))).toEqual([]);
    expect(unit()?.address).toBe("Next");
    expect(sent()).toHaveLength(2);
  });

  test("does not remove the photo of the next one", async () => {
    const { codes, unit } = await startLate(30_000);
    expect(await codes(photos("add: [9146]"))).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes(photos("add: [9147]"))).toEqual(["WRITE_UNSETTLED"]);
    await until(() => unit()?.photos.length === 1);
    // A reading that started earlier proves nothing.
    let next: string[];
    do next = await codes(photos("add: [9147]"));
    while (next.includes("WRITE_UNSETTLED"));
    expect(next).toEqual([]);
    expect(unit()?.photos.map(({ url }) => url.replace(/.*\//, ""))).toEqual(["one.jpg", "two.jpg"]);
  });

  test("makes others wait, if less than 5 s remain", async () => {
    const { codes, unit, pass } = await startLate(58_000);
    expect(await codes(change("Late"))).toEqual(["OUTCOME_UNKNOWN"]);
    await pass(41_000);
    expect(await codes(change("Next"))).toEqual([]);
    expect(unit()?.address).toBe("Next");
  });

  test("makes a create wait, which then checks again", async () => {
    const { codes, data: tables, pass } = await startLate(58_000);
    const rename = 'updateUnit(ref: { almaId: 1 }, input: { externalId: "u-9" })';
    expect(await codes(rename)).toEqual(["OUTCOME_UNKNOWN"]);
    await pass(41_000);
    expect(await codes(`createUnit(input: ${unitInput})`)).toEqual(["ALREADY_EXISTS"]);
    expect(tables.units.by("external_id", "u-9")).toHaveLength(1);
  });

  test("is not settled by a reading that shows another system's earlier change", async () => {
    const { codes, data: tables } = await startLate(40_000, {}, { CATALOG: "on" });
    tables.rooms.change(11, { is_archived: true });
    expect(await codes("archiveRoom(ref: { almaId: 11 })")).toEqual([]);
    expect(await codes("unarchiveRoom(ref: { almaId: 11 })")).toEqual(["WRITE_UNSETTLED"]);
  });

  test("is over after the settling time, if Alma shows nothing", async () => {
    const { codes, pass } = await startLate(0, { kind: "reset" });
    expect(await codes("blockUnit(ref: { almaId: 1 })")).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes("unblockUnit(ref: { almaId: 1 })")).toEqual(["WRITE_UNSETTLED"]);
    await pass(SETTLING_TIME);
    expect(await codes("unblockUnit(ref: { almaId: 1 })")).toEqual([]);
  });

  test("is not settled by a reading that shows the old values", async () => {
    const { codes, unit } = await startLate(30_000);
    expect(await codes(change("Pier 1"))).toEqual([]);
    expect(await codes(change("Next"))).toEqual(["WRITE_UNSETTLED"]);
    expect(unit()?.address).toBe("Pier 1");
  });

  test("does not keep others from a record once Alma itself has answered", async () => {
    const { codes, mutate, simulator } = await startLate(0, { kind: "status", status: 500 });
    expect(await codes(change("Late"))).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes(change("Next"))).toEqual([]);
    simulator.faults.add({ kind: "status", status: 500, times: 1, when: ({ method }) => method === "POST" });
    const create = `createUnit(input: ${unitInput})`;
    const { userErrors } = await mutate(create, "__typename");
    expect(userErrors).toMatchObject([
      { code: "OUTCOME_UNKNOWN", message: expect.stringMatching(/looks by externalId\.$/) },
    ]);
    const began = now();
    expect(await codes(create)).toEqual([]);
    expect(now() - began).toBeLessThan(20_000);
  });
});

test("a contract waits for the pending archiving of its room", async () => {
  const { codes, sent } = await startLate(3_000);
  const archiving = codes("archiveRoom(ref: { almaId: 11 })");
  await until(() => sent().length === 1);
  const lease = codes(`createTenantContract(input: ${leaseInput("t-9")})`);
  expect(
    await skipWaiting(Promise.race([archiving.then(() => "archiving"), lease.then(() => "lease")])),
  ).toBe("archiving");
  expect(await archiving).toEqual([]);
  await lease;
});

describe("an update repeated under its idempotency key, after its settling time", () => {
  test("is sent again if the record is as before", async () => {
    const { codes, unit, pass, sent } = await startLate(0, { kind: "reset" });
    expect(await codes(change("Late", "k-1"))).toEqual(["OUTCOME_UNKNOWN"]);
    expect(await codes(change("Late", "k-1"))).toEqual(["WRITE_UNSETTLED"]);
    await pass(SETTLING_TIME);
    expect(await codes(change("Late", "k-1"))).toEqual([]);
    expect(unit()?.address).toBe("Late");
    expect(sent()).toHaveLength(2);
  });

  test("does not undo later changes by others", async () => {
    const { mutate, codes, unit, pass, sent, data: tables } = await startLate(0, { kind: "reset" });
    expect(await codes(change("Late", "k-1"))).toEqual(["OUTCOME_UNKNOWN"]);
    tables.units.change(1, { address: "Theirs" });
    await pass(SETTLING_TIME);
    const { userErrors } = await mutate(change("Late", "k-1"), "unit { address }");
    expect(userErrors).toMatchObject([
      {
        code: "OUTCOME_UNKNOWN",
        message: expect.stringMatching(/changed it since\. Nothing was sent again/),
      },
    ]);
    expect(unit()?.address).toBe("Theirs");
    expect(sent()).toHaveLength(1);
    expect(await codes(change("Late", "k-2"))).toEqual([]);
  });
});

test("an exchange of photos that Alma made is neither refused nor made again when it is repeated under its key", async () => {
  const { codes, data: tables, unit, pass, sent } = await startLate(0, { kind: "lostAnswer" });
  tables.units.change(1, { photos: [{ id: 7, url: "/media/old.jpg" }] });
  const exchange =
    'updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146], remove: [7] } }, idempotencyKey: "k-1")';
  expect(await codes(exchange)).toEqual(["OUTCOME_UNKNOWN"]);
  expect(await codes(exchange)).toEqual(["WRITE_UNSETTLED"]);
  await pass(SETTLING_TIME);
  expect(await codes(exchange)).toEqual(["OUTCOME_UNKNOWN"]);
  expect(unit()?.photos).toEqual([expect.not.objectContaining({ id: 7 })]);
  expect(sent()).toHaveLength(1);
});

test("an archive repeated under its key is not refused by its impact while Alma may still perform it", async () => {
  const { codes, data: tables, pass } = await startLate(40_000);
  tables.units.change(1, { is_archived: false });
  const archive =
    'archiveUnit(ref: { almaId: 1 }, expectedImpact: { rooms: ["Room:11", "Room:12"], contracts: [] }, idempotencyKey: "k-1")';
  expect(await codes(archive)).toEqual(["OUTCOME_UNKNOWN"]);
  tables.rooms.insert({ ...tables.rooms.get(11), id: 13, external_id: "r-13", name: "3" });
  expect(await codes(archive)).toEqual(["WRITE_UNSETTLED"]);
  await pass(40_000);
  expect(await codes(archive)).toEqual([]);
});

test("photos are not done as long as Alma does not show them", async () => {
  const { codes, simulator, data: tables } = await startLate(0, { kind: "cut", times: 0 });
  simulator.faults.add({
    kind: "reset",
    when({ method }) {
      // Another system writes between the answer and the read.
      if (method === "GET" && tables.units.get(1)?.photos.length === 2)
        tables.units.change(1, { photos: [] });
      return false;
    },
  });
  expect(await codes(photos("add: [9146, 9147]"))).toEqual(["OUTCOME_UNKNOWN"]);
});
