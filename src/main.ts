import { type Config, ConfigError, loadConfig, readEnvironment } from "./config.ts";
import { createGateway, findFileErrors, type Gateway } from "./gateway.ts";
import { createLog, handleProcessErrors, warnOfBlockedEventLoop } from "./server/index.ts";

/** Ends a process that could not begin, with why in a sentence. */
function exitWithError(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The configuration, or the end of the process with every fault of it in a sentence. */
function loadConfigOrExit(): Config {
  try {
    return loadConfig(readEnvironment(), findFileErrors);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return exitWithError(error.message);
  }
}

const config = loadConfigOrExit();
const log = createLog(config.logLevel);
let gateway: Gateway | undefined;
let isShuttingDown = false;

/** Answers what is in flight and ends the process; once is enough. */
async function shutDown(reason: string): Promise<void> {
  if (isShuttingDown) return;
  isShuttingDown = true;
  log.info({ why: reason }, "leaving");
  await gateway?.close().catch((error) => log.error({ error }, "the end was not an orderly one"));
  process.exit();
}

/** Milliseconds that a process has to leave in when an exception has shaken it. */
const crashTimeout = 10_000;
handleProcessErrors(log, () => {
  process.exitCode = 1;
  setTimeout(() => process.exit(), crashTimeout).unref();
  void shutDown("exception");
});
warnOfBlockedEventLoop(log);

let signalCount = 0;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    signalCount += 1;
    // Somebody is not willing to wait.
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
  const { open, catalog } = config;
  log.info({ address, open, catalog }, "the gateway answers; let no second process write to the same Alma");
  if (open)
    log.warn({ address }, "no key is asked for: whoever reaches this address may read and write everything");
} catch (error) {
  exitWithError(`The gateway cannot listen on ${config.host}:${config.port}: ${(error as Error).message}.`);
}
