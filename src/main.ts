import type { AddressInfo } from "node:net";
import { type Config, ConfigError, readEnvironment } from "./config/index.ts";
import { createGateway, findMisspelt, type Gateway, readConfig } from "./gateway.ts";
import { createLog, handleProcessErrors, startWatchdog, warnOfBlockedEventLoop } from "./server/index.ts";

/** Exits with an error message on standard error. */
function exitWithError(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Loads the configuration, or exits with a sentence for each error. */
function loadConfigOrExit(): Config {
  try {
    return readConfig(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return exitWithError(error.message);
  }
}

const config = loadConfigOrExit();
const log = createLog(config.logLevel);
for (const { variable, setting } of findMisspelt(readEnvironment()))
  log.warn({ variable, setting }, `${variable} is not a setting and is ignored. Did you mean ${setting}?`);
let gateway: Gateway | undefined;
let isShuttingDown = false;

/**
 * Answers the requests in flight and exits; further calls do nothing. After an orchestrator's SIGTERM, load balancers
 * keep sending requests for a while, so the process drains first; after Ctrl+C or an exception it does not.
 */
async function shutDown(reason: string) {
  if (isShuttingDown) return;
  isShuttingDown = true;
  log.info({ why: reason }, "shutting down");
  if (reason === "SIGTERM") await gateway?.drain();
  await gateway?.close().catch((error) => log.error({ error }, "shutdown failed"));
  process.exit();
}

/** The longest shutdown, in milliseconds, after an uncaught exception. */
const CRASH_TIMEOUT = 10_000;
handleProcessErrors(log, () => {
  process.exitCode = 1;
  setTimeout(() => process.exit(), CRASH_TIMEOUT).unref();
  void shutDown("exception");
});
warnOfBlockedEventLoop(log);

let signalCount = 0;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    signalCount += 1;
    // A second signal ends the process without waiting.
    if (signalCount > 1) process.exit(1);
    void shutDown(signal);
  });
}

try {
  gateway = await createGateway(config, log);
} catch (error) {
  exitWithError(`The gateway cannot start: ${(error as Error).message}`);
}
try {
  const address = await gateway.listen();
  const { open, catalog, storeUrl } = config;
  const advice =
    storeUrl.postgres === undefined
      ? "let no second process write to the same Alma"
      : "others share the work through the store";
  log.info({ address, open, catalog }, `the gateway is listening; ${advice}`);
  startWatchdog(log, config.watchdog, gateway.fatalRequestStorage);
  if (open)
    log.warn({ address }, "no authentication: anyone who reaches this address may read and write everything");
} catch (error) {
  // Node reports the port, which may be the one for other processes.
  const { message, address = config.host, port = config.port } = error as Error & Partial<AddressInfo>;
  const advice = "Set HOST and PORT, or PEER_PORT, to free ports on this machine";
  exitWithError(`The gateway cannot listen on ${address}:${port}: ${message}. ${advice}.`);
}
