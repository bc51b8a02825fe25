import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSimulator } from "../simulator/index.ts";
import { loadConfig, readEnvironment } from "./config/index.ts";
import { startProcesses } from "./demo/index.ts";
import { createGateway, findFileErrors } from "./gateway.ts";
import { createApiKey, createLog, exampleQueries, scopes } from "./server/index.ts";

const maxProcesses = 9;

const folder = mkdtempSync(join(tmpdir(), "alma-demo-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const simulator = await createSimulator({ latency: 20, keepLog: 100 });
/** Origins of pages under development here: Vite, its preview, Next.js and the like; a second takes the next port. */
const devOrigins = [3000, 4173, 5173, 8080]
  .flatMap((port) => [0, 1, 2, 3].map((next) => port + next))
  .flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`])
  .join();
const given = readEnvironment();
const hasKeys = Boolean(given.API_KEYS ?? given.API_KEYS_FILE ?? given.JWT_JWKS_URL);
/** With AUTH=on and no keys, the demo makes one, and shows it. */
const made =
  given.AUTH === "on" && !hasKeys
    ? createApiKey(
        "demo",
        scopes.map((scope) => scope.toLowerCase()),
        null,
      )
    : undefined;
const key = made?.key ?? (hasKeys ? "YOUR-KEY" : undefined);
const env = {
  CORS_ORIGINS: devOrigins,
  ...(made && { API_KEYS: JSON.stringify([made.record]) }),
  LOG_LEVEL: "warn",
  CURRENCY: "AED",
  PRICE_PERIOD: "month",
  MEDIA: "proxy",
  ...given,
  ALMA_URL: simulator.url,
  ALMA_API_KEY: simulator.apiKey,
};

/** What was started: where it answers, and how it ends. */
interface Started {
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

/** One gateway, in this process. */
async function startHere(storeUrl = `sqlite:${join(folder, "gateway.db")}`): Promise<Started> {
  const config = loadConfig({ STORE_KEY: "off", STORE_URL: storeUrl, ...env }, findFileErrors);
  const gateway = await createGateway(config, createLog(config.logLevel));
  return { addresses: [await gateway.listen()], stop: () => gateway.close() };
}

/** How many processes, and the store that they share; undefined: one is made. */
function readOptions(): { readonly count: number; readonly store: string | undefined } {
  const options = { processes: { type: "string", default: "1" }, store: { type: "string" } } as const;
  const { values } = parseArgs({ options });
  const count = Number(values.processes);
  if (Number.isInteger(count) && count >= 1 && count <= maxProcesses) return { count, store: values.store };
  throw new Error(`--processes is "${values.processes}" and has to be a number from 1 to ${maxProcesses}.`);
}

/** What the demo says once it has started. */
function describe([address = "", ...others]: readonly string[]): string {
  const sampleQueries = exampleQueries
    .slice(0, 3)
    .map(({ title, query }) => `— ${title}\n\n${query}`)
    .join("\n");
  const more = others.map((other) => `\n               and on       ${other}/graphql`).join("");
  const hint =
    others.length === 0
      ? ""
      : "\nEach of these addresses gives the same answers. End one of the processes, and ask the others.\n";
  return `
A simulated Alma answers on ${simulator.url} (Api-Key: ${simulator.apiKey})
The gateway answers on      ${address}/graphql${more}
${hint}
  ${address}/reports   reports: pages, charts, and addresses for spreadsheets
  ${address}/          Apollo Sandbox, to explore in the browser
  ${address}/graphiql  the same offline
  ${address}/live      changes, and a live query, as they come
  ${address}/schema.graphql

Three queries to try, in one of these or with curl:

  curl -H 'content-type: application/json'${key ? ` -H 'x-api-key: ${key}'` : ""} -d '{"query":"{ units { totalCount } }"}' ${address}/graphql

${sampleQueries}
Stop with Ctrl+C.
`;
}

try {
  const { count, store } = readOptions();
  const show = (line: string) => process.stdout.write(`${line}\n`);
  const started =
    count === 1
      ? await startHere(store)
      : await startProcesses(count, { ...env, ...(store && { STORE_URL: store }) }, show);
  process.stdout.write(describe(started.addresses));
  const stop = async () => {
    await started.stop();
    await simulator.close();
    process.exit(0);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const advice = code === "EADDRINUSE" ? "Set PORT to another port.\n" : "";
  process.stderr.write(`${message}\n${advice}`);
  process.exit(1);
}
