import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Simulator } from "../../../simulator/index.ts";
import { Member, until } from "./member.ts";
import { freePort, startPostgres } from "./postgres.ts";

/** Gateways over one Alma, each in its own process. */
export interface Cluster {
  readonly members: readonly Member[];
  /** The leading member, or the single process; undefined while there is no leader. */
  leader(): Promise<Member | undefined>;
  stop(): Promise<void>;
}

/** The compiled `main.js` and the log output; set `KEEP_LOGS=on` to keep the logs. */
const logs = mkdtempSync(join(tmpdir(), "alma-share-"));
process.on("exit", () => process.env.KEEP_LOGS !== "on" && rmSync(logs, { recursive: true, force: true }));
if (process.env.KEEP_LOGS === "on") process.stderr.write(`logs: ${logs}\n`);
let started = 0;

/** Starts `count` gateways, which share a store if there are several or `isShared`; resolves when all are ready. */
export async function startCluster(
  main: string,
  alma: Pick<Simulator, "url" | "apiKey">,
  count: number,
  env: Readonly<Record<string, string>> = {},
  isShared = count > 1,
  flags: readonly string[] = [],
): Promise<Cluster> {
  const postgres = isShared ? await startPostgres() : undefined;
  const common = {
    ALMA_URL: alma.url,
    ALMA_API_KEY: alma.apiKey,
    AUTH: "off",
    RATE_LIMIT: "0",
    ...(postgres && { STORE_URL: postgres.url, PEER_SECRET: "p".repeat(32) }),
    ...env,
  };
  const members: Member[] = [];
  for (let n = 0; n < count; n++)
    members.push(new Member(main, common, await freePort(), join(logs, `${++started}.log`), flags));
  await Promise.all(members.map((member) => member.start()));
  await whenReady(members);
  return {
    members,
    async leader() {
      if (!postgres) return members[0];
      for (const member of members) if (await member.leads()) return member;
      return undefined;
    },
    async stop() {
      await Promise.all(members.map((member) => member.end()));
      await postgres?.stop();
    },
  };
}

export const whenReady = (members: readonly Member[]): Promise<unknown> =>
  Promise.all(members.map((member) => until(async () => (await member.ready()).code === 200, 120_000)));

/** What happens to leaders while `work` runs: killed and restarted, or stopped for longer than a lease. */
export async function disturbed(
  { members, leader }: Cluster,
  { every, pause }: { readonly every: number; readonly pause: number },
  work: Promise<unknown>,
): Promise<{ readonly kills: number; readonly stops: number }> {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  const done = { kills: 0, stops: 0 };
  for (let round = 0; !isOver; round++) {
    await sleep(every);
    const leading = await leader();
    if (!leading || isOver) continue;
    if (round % 2 === 0) {
      done.kills++;
      await leading.end("SIGKILL");
      await sleep(pause / 2);
      await leading.start();
    } else {
      done.stops++;
      leading.signal("SIGSTOP");
      await sleep(pause);
      leading.signal("SIGCONT");
    }
  }
  await whenReady(members);
  return done;
}
