import { createSimulator } from "../../simulator/index.ts";
import { answerParent } from "./child.ts";
import { size } from "./query.ts";

const portfolio = JSON.parse(process.env.SIZE ?? JSON.stringify(size)) as typeof size;
const simulator = await createSimulator({ size: portfolio, keepLog: 0, apiKey: "bench" });
if (process.env.FAULTS) simulator.faults.mix(Number(process.env.FAULTS));
answerParent(simulator.url);
