import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, start } from "../child.ts";
import { writePortfolio } from "../large/portfolio.ts";
import type { Figures } from "./part.ts";
import { startPostgres } from "./postgres.ts";

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

interface Loaded {
  /** CPU seconds until it was ready, and CPU milliseconds of the longest event loop iteration. */
  readonly cpu: number;
  readonly block: number;
  /** Milliseconds until it was ready. */
  readonly time: number;
}

/** CPU of an idle process, in milliseconds per second. */
async function load(child: Child, seconds: number): Promise<number> {
  const [begun, before] = [performance.now(), await child.cpu()];
  await sleep(seconds * 1_000);
  return ((await child.cpu()) - before) / ((performance.now() - begun) / 1_000);
}

/** The number of calls that a gateway has sent to Alma so far. */
async function callsOf({ address }: Child): Promise<number> {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  const counts = [...metrics.matchAll(/^alma_gateway_alma_calls_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/**
 * The resources for SCALE (the simulator's; 100,000 records) of a single process, a process that resumes from its
 * store, a leader, a standby, and their PostgreSQL.
 */
export async function measureSize(main: string): Promise<Figures> {
  const scale = Number(process.env.SCALE ?? 170.65);
  const folder = mkdtempSync(join(tmpdir(), "alma-size-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(dirname(main), "../test/bench/share/holder.js");
  const portfolio = join(folder, "answers");
  const { records } = await writePortfolio(scale, portfolio);
  const store = join(folder, "gateway.db");
  const figures: (readonly [string, string | number, number?])[] = [["records", records]];
  const note = async (name: string, child: Child) => {
    const { cpu, block, time } = (await child.tell("loaded")) as Loaded;
    const calls = await callsOf(child);
    const { rss, heapUsed } = await child.memory();
    figures.push([`${name}: until it is ready, s`, (time / 1_000).toFixed(1)]);
    figures.push([`${name}: calls to Alma until then`, calls]);
    figures.push([`${name}: CPU until it is ready, s`, cpu.toFixed(2)]);
    figures.push([`${name}: CPU of the longest turn until then, ms`, block.toFixed(0)]);
    figures.push([
      `${name}: heap, resident after a collection, MiB`,
      `${mebibytes(heapUsed)}, ${mebibytes(rss)}`,
    ]);
    figures.push([`${name}: heap for each record, bytes`, (heapUsed / records).toFixed(0)]);
  };
  const common = {
    PORTFOLIO: portfolio,
    RESPONSE_CACHE_SIZE: "0",
    CATALOG_MAX_AGE: "604800",
  };
  // Once the first records reach this age, the refresh reads continuously at the full rate.
  const age = 30;
  const busy = { CATALOG_MAX_AGE: `${age}`, REFRESH_RATE: "100" };

  const alone = await start(program, { ...common, STORE_URL: `sqlite:${store}` });
  await note("alone, from Alma", alone);
  const [, idle] = [await load(alone, 2), await load(alone, 20)];
  figures.push(["alone: CPU while nobody asks and only lists are read, ms a second", idle.toFixed(1)]);
  await alone.tell("close");
  await alone.stop();
  figures.push(["file, MiB", mebibytes(statSync(store).size)]);

  const again = await start(program, { ...common, STORE_URL: `sqlite:${store}` });
  await note("alone, from its file", again);
  await again.stop();

  const refreshing = await start(program, { ...common, ...busy });
  await sleep(age * 1_000);
  const calls = await callsOf(refreshing);
  const refresh = (await load(refreshing, 20)) - idle;
  const rate = ((await callsOf(refreshing)) - calls) / 20;
  figures.push(["alone: calls a second while all is read again", rate.toFixed(0)]);
  figures.push(["alone: CPU for each record that is read again, ms", (refresh / rate).toFixed(2)]);
  await refreshing.stop();

  const postgres = await startPostgres();
  const shared = { STORE_URL: postgres.url, PEER_SECRET: "p".repeat(32), STORE_KEY: "a".repeat(64) };
  const leader = await start(program, { ...common, ...busy, ...shared });
  await note("leader, from Alma", leader);
  const standby = await start(program, { ...common, ...busy, ...shared });
  await note("standby, from PostgreSQL", standby);
  const size = await postgres.size();
  figures.push(["PostgreSQL: tables, MiB", mebibytes(size)]);
  figures.push(["PostgreSQL: tables, for each record, bytes", (size / records).toFixed(0)]);
  await sleep(age * 1_000);
  const [logged, called] = [await postgres.logged(), await callsOf(leader)];
  const [leading, following] = await Promise.all([load(leader, 20), load(standby, 20)]);
  const read = (await callsOf(leader)) - called;
  const each = (cpu: number) => ((cpu * 20) / read).toFixed(2);
  figures.push(["leader: CPU for each record that is read again, ms", each(leading - idle)]);
  figures.push(["standby: CPU for each record that is read again, ms", each(following)]);
  const written = ((await postgres.logged()) - logged) / read;
  figures.push(["PostgreSQL: its log, for each record that is read again, bytes", written.toFixed(0)]);
  figures.push(["PostgreSQL: tables after that, MiB", mebibytes(await postgres.size())]);
  await Promise.all([leader.stop(), standby.stop()]);
  await postgres.stop();
  return figures;
}
