import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSimulator } from "../simulator/index.ts";
import { readEnvironment } from "./config/index.ts";
import { startIssuer, startProcesses } from "./demo/index.ts";
import { createGateway, readConfig } from "./gateway.ts";
import { createApiKey, createLog, scopes } from "./server/index.ts";

const MAX_PROCESSES = 9;

const folder = mkdtempSync(join(tmpdir(), "alma-demo-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const options = readOptions();
const latency = options.slow ? 2_000 : 20;
const simulator = await createSimulator({ latency, keepLog: 100, switches: { imageForm: "both" } });
if (options.down) switchAlma();
const issuer = options.tokenSeconds === undefined ? undefined : await startIssuer(options.tokenSeconds);
/** Origins of development servers such as Vite, its preview and Next.js. A second server uses the next port. */
const devOrigins = [3000, 4173, 5173, 8080]
  .flatMap((port) => [0, 1, 2, 3].map((next) => port + next))
  .flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`])
  .join();
const given = readEnvironment();
const hasKeys = Boolean(given.API_KEYS ?? given.API_KEYS_FILE ?? given.JWT_JWKS_URL);
/** With --keys, or with AUTH=on and no keys, the demo creates two keys and prints them. */
const made =
  options.keys || (given.AUTH === "on" && !hasKeys && !issuer)
    ? [scopes.map((scope) => scope.toLowerCase()), ["read"]].map((names) => createApiKey("demo", names, null))
    : [];
const key = made[0]?.key ?? (hasKeys || issuer ? "YOUR-KEY" : undefined);
const env = {
  CORS_ORIGINS: devOrigins,
  ...(made.length > 0 && { API_KEYS: JSON.stringify(made.map(({ record }) => record)) }),
  ...issuer?.env,
  LOG_LEVEL: "warn",
  CURRENCY: "AED",
  PRICE_PERIOD: "month",
  MEDIA: "proxy",
  ...given,
  ALMA_URL: simulator.url,
  ALMA_API_KEY: simulator.apiKey,
};

/** Starts one gateway in this process. Returns its address, and how to stop it. */
async function startHere(storeUrl = `sqlite:${join(folder, "gateway.db")}`) {
  const config = readConfig({ STORE_KEY: "off", STORE_URL: storeUrl, ...env });
  const gateway = await createGateway(config, createLog(config.logLevel));
  return { addresses: [await gateway.listen()], stop: () => gateway.close() };
}

/** Parses the command line. Exits if it is invalid. */
function readOptions() {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({
      options: {
        processes: { ...text, default: "1" },
        store: text,
        "token-seconds": text,
        keys: flag,
        slow: flag,
        down: flag,
      },
    });
    const { processes, "token-seconds": seconds, ...others } = values;
    const readNumber = (name: string, value: string, most: number) => {
      const number = Number(value);
      if (Number.isInteger(number) && number >= 1 && number <= most) return number;
      throw new Error(`--${name} is "${value}"; it must be a whole number from 1 to ${most}.`);
    };
    const tokenSeconds = seconds === undefined ? undefined : readNumber("token-seconds", seconds, 86_400);
    return { ...others, count: readNumber("processes", processes, MAX_PROCESSES), tokenSeconds };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}

/** Switches Alma between failing with 503 and answering, each time Enter is pressed. */
function switchAlma() {
  const fault = simulator.faults.add({ kind: "status", status: 503 });
  process.stdin.once("data", () => {
    fault.remove();
    process.stdin.once("data", switchAlma);
  });
}

/** Prints what the gateway offers, and how to sign in. */
async function describe([address = "", ...others]: readonly string[]) {
  const listed = await (await fetch(address)).text();
  const more = others.map((other) => `\n               and on       ${other}/graphql`).join("");
  const hint =
    others.length === 0
      ? ""
      : "\nAll of these addresses give the same answers. Stop one process and query the others.\n";
  const access = [
    ...(options.down ? ["Alma answers 503. Press Enter to switch between failing and answering."] : []),
    ...made.map(({ key, record }) => `Key with the scopes ${record.scopes.join(", ")}: ${key}`),
    ...(issuer
      ? [
          `Tokens of ann (read, personal, audit, write) and ben (read): curl -d username=ann ${issuer.tokenUrl}`,
        ]
      : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
  return `
A simulated Alma answers on ${simulator.url} (Api-Key: ${simulator.apiKey})
The gateway answers on      ${address}/graphql${more}
${hint}${access}
${key ? listed.replace("YOUR-KEY", key) : listed}
Stop with Ctrl+C.
`;
}

try {
  const { count, store } = options;
  const show = (line: string) => process.stdout.write(`${line}\n`);
  const started =
    count === 1
      ? await startHere(store)
      : await startProcesses(count, { ...env, ...(store && { STORE_URL: store }) }, show);
  process.stdout.write(await describe(started.addresses));
  const stop = async () => {
    await started.stop();
    await simulator.close();
    issuer?.close();
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
