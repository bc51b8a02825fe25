import { setTimeout as sleep } from "node:timers/promises";
import type { WriteEffects } from "../../../src/catalog/index.ts";
import { createGateway } from "../../../src/gateway.ts";
import { createLog } from "../../../src/server/index.ts";
import { testConfigOf } from "../../support/config.ts";
import { answerParent } from "../child.ts";
import { StoredAlma } from "./stored-alma.ts";

/**
 * A gateway whose Alma serves a portfolio's file (PORTFOLIO). It reports the cost of its catalog without queries. UNITS
 * has some units' ids as JSON.
 */
const config = testConfigOf({
  ALMA_URL: "http://stored.example/external_api/",
  ALMA_API_KEY: "bench",
  PORT: "0",
  LOG_LEVEL: "error",
  ...process.env,
});
const dispatcher = new StoredAlma(process.env.PORTFOLIO ?? "");
const gateway = await createGateway(config, createLog(config.logLevel), { dispatcher });
const { catalog } = gateway;
const units = JSON.parse(process.env.UNITS ?? "[]") as readonly number[];

/** CPU milliseconds per call. */
function costOf(call: () => unknown): number {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

let noted = 0;
/** Records the end of each write, one unit after the other. */
const note = (verb: WriteEffects["verb"]) =>
  catalog.noteWrite({ kind: "unit", verb, id: units[noted++ % units.length] as number });

const address = await gateway.listen();
answerParent(address, {
  async warm() {
    while (!catalog.progress().warm) await sleep(50);
  },
  probe: () => costOf(() => catalog.progress()),
  scrape: () => costOf(() => catalog.status()),
  update: () => costOf(() => note("update")),
  archive: () => costOf(() => note("archive")),
});
