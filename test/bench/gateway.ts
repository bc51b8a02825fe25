import { createGateway } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";
import { testConfigOf } from "../support/config.ts";
import { answerParent } from "./child.ts";

const config = testConfigOf({ ALMA_API_KEY: "bench", PORT: "0", LOG_LEVEL: "error", ...process.env });
const gateway = await createGateway(config, createLog(config.logLevel));
const address = await gateway.listen();
while (!gateway.catalog.progress().warm) await new Promise((resolve) => setTimeout(resolve, 50));
answerParent(address);
