import { expect, test, vi } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { ENDLESS, endless, namedQuery } from "../support/endless.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { eventually } from "./members.ts";
import { type SharingProcess, startProcesses, whenReady } from "./processes.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const [one, two] = ["one", "two"].map((name) => createApiKey(name, ["read", "write"], null));
const refused = { message: expect.stringContaining("not tried again for 10 minutes") };

/** A member's first error; null if it does not answer. */
async function told({ url }: SharingProcess, key: string | undefined, text: string) {
  const answered = fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": key ?? "" },
    body: JSON.stringify({ query: namedQuery, variables: { text } }),
  });
  const answer = await answered.then((response) => response.json()).catch(() => null);
  return answer ? answer.errors?.[0] : null;
}

describeWithPostgres("a request that blocks a leader", () => {
  test.each([
    ["forwarded to it", true],
    ["sent to it", false],
  ])(
    "%s, is refused by all that lead after it, and others with its document go on",
    async (_, isForwarded) => {
      const { leader, others, spawn, postgres } = await startProcesses(2, {
        NODE_OPTIONS: endless(),
        WATCHDOG: "8",
        API_KEYS: JSON.stringify([one?.record, two?.record]),
      });
      const [standby] = others;
      const first = await told(isForwarded ? standby : leader, one?.key, ENDLESS);
      if (isForwarded) expect(first).toMatchObject(refused);
      else expect(first).toBe(null);
      expect(await leader.exit).toBe(null);
      await whenReady([standby]);
      expect(await told(standby, one?.key, ENDLESS)).toMatchObject(refused);
      expect(await told(standby, one?.key, "a")).toBeUndefined();
      expect(await told(standby, two?.key, "a")).toBeUndefined();

      const third = await spawn();
      await whenReady([standby, third]);
      expect(await told(third, one?.key, ENDLESS)).toMatchObject(refused);
      standby.child.kill("SIGKILL");
      await eventually(third.leads, 60_000);
      expect(await told(third, one?.key, ENDLESS)).toMatchObject(refused);
      expect(await told(third, one?.key, "a")).toBeUndefined();
      expect(third.child.exitCode ?? third.child.signalCode).toBe(null);
      expect(
        await postgres.ask("SELECT count(*)::int AS count FROM kept WHERE name LIKE 'mark:ended:%'"),
      ).toEqual([{ count: 1 }]);
    },
  );
});
