import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { household } from "../../simulator/alma.ts";
import type { Process } from "../../support/process.ts";
import { ask, asked, details, end, succession, warm } from "./processes.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

test("a process that is killed after a write leaves no value from before it", async () => {
  const { alma, spawn } = await succession({ size: 0, data: household });
  const first = spawn();
  await warm(first);
  await end(first, "SIGTERM");
  const second = spawn();
  await warm(second);
  const answer = await ask(
    second,
    'mutation { updateUnit(ref: { almaId: 1 }, input: { number: "W-9" }) { userErrors { message } } }',
  );
  expect(answer.data.updateUnit.userErrors).toEqual([]);
  await end(second, "SIGKILL");
  asked(alma);
  const third = spawn();
  await warm(third);
  const list = await ask(third, "{ units { nodes { almaId number } } }");
  expect(list.data.units.nodes).toContainEqual({ almaId: 1, number: "W-9" });
  const calls = details(asked(alma));
  expect(calls).not.toContain("GET realty/units/1/");
  expect(new Set(calls).size).toBe(calls.length);
  expect(calls.length).toBeLessThan(10);
  await end(third, "SIGTERM");
  await alma.close();
});

const neighbours = "{ units { nodes { almaId number building { name address } rooms { nodes { name } } } } }";

test.each([
  [
    "an update of a unit",
    (value: string) =>
      `updateUnit(ref: { almaId: 1 }, input: { number: "${value}" }) { userErrors { message } }`,
    /units\/1\//,
  ],
  [
    "an update of its room",
    (value: string) =>
      `updateRoom(ref: { almaId: 11 }, input: { name: "${value}" }) { userErrors { message } }`,
    /rooms\/11\//,
  ],
])(
  "a kill right after the answer to %s costs no call that it would not have made itself",
  async (_, write, own) => {
    const { alma, spawn } = await succession({ size: 0, data: household });
    const first = spawn();
    await warm(first);
    await ask(first, neighbours);
    /** Writes, and returns what it has read itself, and what was read since. */
    const change = async (value: string) => {
      const { data } = await ask(first, `mutation { ${write(value)} }`);
      expect(Object.values(data)).toEqual([{ userErrors: [] }]);
      const reads = asked(alma).filter((call) => call.startsWith("GET"));
      return [reads.filter((call) => own.test(call)), reads.filter((call) => !own.test(call))] as const;
    };
    const readNeighbours = async (gateway: Process) => {
      await ask(gateway, neighbours);
      // Lists are read every few seconds, whatever happens.
      return details(asked(alma));
    };
    asked(alma);
    const [, readSince] = await change("W-8");
    const living = [...details(readSince), ...(await readNeighbours(first))].sort();
    expect(living.length).toBeGreaterThan(0);
    // Until it is killed, it reads nothing more.
    alma.faults.add({
      ...{ kind: "stall", ms: 60_000 },
      when: ({ path, method }) => method === "GET" && !own.test(path),
    });
    const [readByWrite] = await change("W-9");
    expect(readByWrite).not.toEqual([]);
    await end(first, "SIGKILL");
    alma.faults.clear();
    asked(alma);
    const second = spawn();
    await warm(second);
    expect((await readNeighbours(second)).sort()).toEqual(living);
    await end(second, "SIGTERM");
    await alma.close();
  },
);

test.each(["before", "after"] as const)(
  "a create that Alma performs %s it stalls, while the process is killed, is made once",
  async (point) => {
    const { alma, spawn } = await succession({ size: 0, data: household }, { WRITE_SETTLING_TIME: "20" });
    const first = spawn();
    await warm(first);
    const buildings = () => alma.data.buildings.all().filter(({ name }) => name === "Late").length;
    alma.faults.add({ kind: "stall", ms: 6_000, point, when: ({ method }) => method === "POST" });
    const create =
      'mutation { createBuilding(input: { externalId: "b-late", name: "Late" }) { building { name } userErrors { code } } }';
    const lost = ask(first, create).catch(() => "lost");
    while (!alma.log.entries.some(({ method }) => method === "POST")) await sleep(10);
    await end(first, "SIGKILL");
    expect(await lost).toBe("lost");
    alma.faults.clear();
    const second = spawn();
    await warm(second);
    const repeated = await ask(second, create);
    expect(repeated.data.createBuilding.userErrors.map(({ code }: { code: string }) => code)).not.toContain(
      "OUTCOME_UNKNOWN",
    );
    await sleep(500);
    expect(buildings()).toBe(1);
    expect(alma.log.entries.filter(({ method }) => method === "POST").length).toBeLessThanOrEqual(2);
    await end(second, "SIGTERM");
    await alma.close();
  },
);
