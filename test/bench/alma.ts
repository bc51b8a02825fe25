import { createSimulator } from "../../src/simulator/index.ts";
import { answerParent } from "./child.ts";
import { size } from "./query.ts";

const latency = Number(process.env.LATENCY ?? 0);
const simulator = await createSimulator({ size, latency, keepLog: 0, apiKey: "bench" });
answerParent(simulator.url);
