import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithValkey } from "../../support/valkey.ts";
import { addressOf, eventually, rename } from "./members.ts";
import { startProcesses } from "./processes.ts";

describeWithValkey("processes that share an engine", () => {
  test("a leader that was stopped says nothing older than what another has written meanwhile", async () => {
    const { leader, others, id } = await startProcesses(2);
    const [standby] = others;
    expect((await leader.ask(addressOf(id)))?.data.building.address).toBe("first");
    leader.child.kill("SIGSTOP");
    await eventually(() => standby.leads());
    await eventually(async () => (await standby.ask(rename(id, "second")))?.data?.updateBuilding);
    // They reach the socket of a process that believes to lead.
    const asked = Array.from({ length: 5 }, () => leader.ask(addressOf(id)));
    await sleep(200);
    leader.child.kill("SIGCONT");
    for (const answer of await Promise.all(asked)) expect(answer?.data?.building.address).toBe("second");
  }, 180_000);

  test("a leader that is killed is followed within 5 s, and what the next one knows is not read again", async () => {
    const { alma, leader, others, id } = await startProcesses(2);
    const [standby] = others;
    const details = () => alma.log.entries.map(({ path }) => path).filter((path) => /\d\/$/.test(path));
    const before = await standby.ask("{ units { totalCount nodes { name building { name } } } }");
    // The first write has made records unknown, which the leader reads again.
    await eventually(async () => {
      alma.log.clear();
      await sleep(1_500);
      return details().length === 0;
    });
    leader.child.kill("SIGKILL");
    const killed = performance.now();
    const answer = await eventually(async () => {
      const given = await standby.ask("{ units { totalCount nodes { name building { name } } } }");
      return given?.data && given;
    });
    const took = performance.now() - killed;
    expect(answer.data).toEqual(before?.data);
    expect(answer.extensions.alma.calls).toBe(0);
    expect(details()).toEqual([]);
    await eventually(async () => (await standby.ask(rename(id, "second")))?.data?.updateBuilding);
    process.stderr.write(
      `answers after ${Math.round(took)} ms, writes after ${Math.round(performance.now() - killed)} ms\n`,
    );
    expect(took).toBeLessThan(5_000);
  }, 180_000);

  test("of a leader that is killed during an update, the next one shows what Alma does of it, be it late", async () => {
    const { alma, leader, others, id } = await startProcesses(2, { MAX_AGE: "3600" });
    const [standby] = others;
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    const patches = () => alma.log.entries.filter(isPatch).length;
    const before = patches();
    alma.faults.add({ kind: "stall", when: isPatch, times: 1 });
    const lost = leader.ask(rename(id, "second", "key-1"));
    await eventually(() => patches() > before);
    leader.child.kill("SIGKILL");
    expect(await lost).toBeUndefined();
    await eventually(async () => (await standby.ask(addressOf(id)))?.data?.building.address === "first");
    // Alma carries it out when the next leader has read the record.
    alma.data.buildings.change(id, { address: "second" });
    const repeated = standby.ask(rename(id, "second", "key-1"));
    await eventually(async () => (await standby.ask(addressOf(id)))?.data?.building.address === "second");
    expect((await repeated)?.data.updateBuilding).toEqual({
      building: { address: "second" },
      userErrors: [],
    });
    expect(patches()).toBe(before + 1);
  }, 180_000);
});
