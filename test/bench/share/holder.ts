import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "../../../src/gateway.ts";
import { createLog } from "../../../src/server/index.ts";
import { testConfigOf } from "../../support/config.ts";
import { answerParent, watchEventLoop } from "../child.ts";
import { StoredAlma } from "../large/stored-alma.ts";

/**
 * A gateway whose Alma serves a portfolio's file (PORTFOLIO), and which resumes from its store or follows a leader. It
 * reports the cost until it was ready, and can be closed in order.
 */
const config = testConfigOf({
  ALMA_URL: "http://stored.example/external_api/",
  ALMA_API_KEY: "bench",
  PORT: "0",
  AUTH: "off",
  LOG_LEVEL: "error",
  ...process.env,
});
const watch = watchEventLoop();
watch.start();
const [before, begun] = [process.cpuUsage(), performance.now()];
const dispatcher = new StoredAlma(process.env.PORTFOLIO ?? "");
const gateway = await createGateway(config, createLog(config.logLevel), { dispatcher });
const address = await gateway.listen();
while ((await fetch(`${address}/health/ready`)).status !== 200) await sleep(200);
const { user, system } = process.cpuUsage(before);
const loaded = { cpu: (user + system) / 1e6, block: watch.stop(), time: performance.now() - begun };
answerParent(address, {
  loaded: () => loaded,
  close: () => gateway.close(),
});
