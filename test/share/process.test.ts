import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import { addressOf, eventually, rename } from "./members.ts";
import { type SharingProcess, startProcesses, whenReady } from "./processes.ts";

const units = "{ units { totalCount nodes { name building { name } } } }";

type Processes = Awaited<ReturnType<typeof startProcesses>>;

/** The leader of some processes, and another process. */
async function split(members: readonly SharingProcess[]) {
  const leader = await whenReady(members);
  return { leader, standby: members.find((member) => member !== leader) as SharingProcess };
}

/** A leader that was stopped shows nothing older than another process's writes. */
async function stopLeader({ members, id }: Processes): Promise<void> {
  const { leader, standby } = await split(members);
  expect((await leader.ask(addressOf(id)))?.data.building.address).toBe("first");
  leader.child.kill("SIGSTOP");
  await eventually(async () => (await standby.ask(rename(id, "second")))?.data?.updateBuilding);
  // The socket of a process that still considers itself the leader receives them.
  const asked = Array.from({ length: 5 }, () => leader.ask(addressOf(id)));
  await sleep(200);
  leader.child.kill("SIGCONT");
  for (const answer of await Promise.all(asked)) expect(answer?.data?.building.address).toBe("second");
}

/** A killed leader is replaced soon, and the next one does not read known records again. */
async function killLeader({ alma, members, id }: Processes): Promise<SharingProcess[]> {
  const { leader, standby } = await split(members);
  const details = () => alma.log.entries.map(({ path }) => path).filter((path) => /\d\/$/.test(path));
  const before = await standby.ask(units);
  // The last write invalidated records, which the leader reads again.
  await eventually(async () => {
    alma.log.clear();
    await sleep(1_500);
    return details().length === 0;
  });
  // New readings are published within three seconds.
  await sleep(5_000);
  alma.log.clear();
  leader.child.kill("SIGKILL");
  const killed = performance.now();
  const answer = await eventually(async () => {
    const given = await standby.ask(units);
    return given?.data && given;
  });
  const took = performance.now() - killed;
  expect(answer.data).toEqual(before?.data);
  expect(answer.extensions.alma.calls).toBe(0);
  expect(details()).toEqual([]);
  await eventually(async () => (await standby.ask(rename(id, "third")))?.data?.updateBuilding);
  process.stderr.write(
    `answers after ${Math.round(took)} ms, writes after ${Math.round(performance.now() - killed)} ms\n`,
  );
  // On an idle machine it takes 1.4 s, as test/bench/share measures: a lease of 1 s, and the interval of the check.
  expect(took).toBeLessThan(15_000);
  return members.filter((member) => member !== leader);
}

/** When a leader is killed during an update, the next one shows Alma's outcome, even if it comes late. */
async function killWriter({ alma, id }: Processes, alive: readonly SharingProcess[]): Promise<void> {
  const { leader, standby } = await split(alive);
  const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
  const patches = () => alma.log.entries.filter(isPatch).length;
  const before = patches();
  alma.faults.add({ kind: "stall", when: isPatch, times: 1 });
  const lost = leader.ask(rename(id, "fourth", "key-1"));
  await eventually(() => patches() > before);
  leader.child.kill("SIGKILL");
  expect(await lost).toBeUndefined();
  await eventually(async () => (await standby.ask(addressOf(id)))?.data?.building.address === "third");
  // Alma performs it after the next leader has read the record.
  alma.data.buildings.change(id, { address: "fourth" });
  const repeated = standby.ask(rename(id, "fourth", "key-1"));
  await eventually(async () => (await standby.ask(addressOf(id)))?.data?.building.address === "fourth");
  expect((await repeated)?.data.updateBuilding).toEqual({ building: { address: "fourth" }, userErrors: [] });
  expect(patches()).toBe(before + 1);
}

describeWithPostgres("processes that share a store", () => {
  test("whose leaders are stopped, killed, and killed during an update are followed by one with complete data", async () => {
    const processes = await startProcesses(3, { MAX_AGE: "3600" });
    await stopLeader(processes);
    const alive = await killLeader(processes);
    await killWriter(processes, alive);
  }, 240_000);
});
