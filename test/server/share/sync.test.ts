import { test } from "vitest";
import { expectRecords, unfinishedOf } from "../../bitrix/bulk/outcome.ts";
import { portfolio } from "../../bitrix/bulk/portfolio.ts";
import { expectedRecordsOf } from "../../bitrix/bulk/portfolio-alma.ts";
import { itemsOf } from "../../bitrix/bulk/portfolio-items.ts";
import { type Payload, syncMutation } from "../../bitrix/sync/gateway.ts";
import { describeWithValkey } from "../../support/valkey.ts";
import { eventually, startAlma, startEngine } from "./members.ts";
import { spawnMember, whenReady } from "./processes.ts";

describeWithValkey("a sync of many items through several processes", () => {
  test("whose leader is killed in its middle makes nothing twice when it is sent again", async () => {
    const all = portfolio(22, 150);
    const valkey = await startEngine();
    const alma = await startAlma({ size: 0, data: { projects: [{ id: 207, name: "Dubai" }] }, latency: 4 });
    const members = await Promise.all([1, 2, 3].map(() => spawnMember(alma, valkey.url)));
    const sync = async (address: string, round: number): Promise<Payload | undefined> => {
      const response = await fetch(`${address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: syncMutation, variables: { items: itemsOf(all, round) } }),
      }).catch(() => undefined);
      const answer = (await response?.json()) as { data?: { syncBitrix?: Payload } } | undefined;
      return answer?.data?.syncBitrix;
    };
    const alive = [...members];
    for (const last of [20, 60]) {
      const leader = await whenReady(alive);
      alive.splice(alive.indexOf(leader), 1);
      let writes = 0;
      const killSwitch = alma.faults.add({
        kind: "reset",
        when({ method }) {
          if (method === "POST" && ++writes === last) leader.child.kill("SIGKILL");
          return false;
        },
      });
      // Writes may still wait after the first start, and the caller has reached another process, which has handed it on.
      await eventually(async () => {
        await sync((alive[0] ?? leader).url, last);
        return writes >= last;
      });
      killSwitch.remove();
    }
    const [survivor] = alive;
    await eventually(async () => {
      const payload = survivor && (await sync(survivor.url, 3));
      return payload && unfinishedOf(payload, all).length === 0;
    });
    expectRecords(alma.data, expectedRecordsOf(all));
  }, 240_000);
});
