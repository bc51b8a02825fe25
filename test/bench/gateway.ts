import { createGateway } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";
import { testConfigOf } from "../support/config.ts";
import { answerParent } from "./child.ts";
import { watchServed } from "./served.ts";

const config = testConfigOf({ ALMA_API_KEY: "bench", PORT: "0", LOG_LEVEL: "error", ...process.env });
const isAskedWhileCold = process.env.ASK_COLD === "on";
// Being watched adds cost to a request.
const screens = isAskedWhileCold ? watchServed() : () => [];
const gateway = await createGateway(config, createLog(config.logLevel));
const address = await gateway.listen();
while (!isAskedWhileCold && !gateway.catalog.progress().warm)
  await new Promise((resolve) => setTimeout(resolve, 50));
answerParent(address, { screens });
