import { attacks } from "./attack-set.ts";
import { start } from "./child.ts";
import { size } from "./query.ts";

/**
 * The worst load that a caller with a read-only key can cause: for each document and its variables, the total CPU and
 * the CPU of the longest event loop iteration, which blocks all other callers. `ONLY=name` selects documents.
 */
const only = process.env.ONLY ?? "";
const alma = await start("./alma.ts", { SIZE: JSON.stringify(size) });
const gateway = await start("./gateway.ts", { ALMA_URL: alma.address, REFRESH_RATE: "1", DEADLINE: "600" });
const line = (text: string) => process.stdout.write(`${text}\n`);

async function ask(body: string): Promise<string> {
  const response = await fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body,
    signal: AbortSignal.timeout(300_000),
  });
  const text = await response.text();
  const error = /"message":"((?:[^"\\]|\\.){0,90})/.exec(text)?.[1];
  return `${response.status}, ${(text.length / 2 ** 20).toFixed(1)} MiB${error ? `: ${error}` : ""}`;
}

line("| request | body, kB | longest block, ms | CPU, ms | answer |\n| --- | ---: | ---: | ---: | --- |");
for (const { name, query, variables } of attacks.filter((attack) => attack.name.includes(only))) {
  const body = JSON.stringify({ query, variables });
  const before = await gateway.cpu();
  let answer = "";
  const block = await gateway.longestBlock(async () => {
    answer = await ask(body);
  });
  const cpu = (await gateway.cpu()) - before;
  line(
    `| ${name} | ${(body.length / 1000).toFixed(0)} | ${block.toFixed(0)} | ${cpu.toFixed(0)} | ${answer} |`,
  );
}
await gateway.stop();
await alma.stop();
