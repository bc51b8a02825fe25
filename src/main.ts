import { type Config, ConfigError, environment, loadConfig } from "./config.ts";
import { createGateway, filesAtFault, type Gateway } from "./gateway.ts";
import { createLog, noteMishaps, noteStandstills } from "./server/index.ts";

/** Ends a process that could not begin, with why in a sentence. */
function giveUp(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

/** The configuration, or the end of the process with every fault of it in a sentence. */
function configOrExit(): Config {
  try {
    return loadConfig(environment(), filesAtFault);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return giveUp(error.message);
  }
}

const config = configOrExit();
const log = createLog(config.logLevel);
let gateway: Gateway | undefined;
let leaving = false;

/** Answers what is in flight and ends the process; once is enough. */
async function leave(why: string): Promise<void> {
  if (leaving) return;
  leaving = true;
  log.info({ why }, "leaving");
  await gateway?.close().catch((error) => log.error({ error }, "the end was not an orderly one"));
  process.exit();
}

/** Milliseconds that a process has to leave in when an exception has shaken it. */
const shaken = 10_000;
noteMishaps(log, () => {
  process.exitCode = 1;
  setTimeout(() => process.exit(), shaken).unref();
  void leave("exception");
});
noteStandstills(log);

let signals = 0;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    signals += 1;
    // Somebody is not willing to wait.
    if (signals > 1) process.exit(1);
    void leave(signal);
  });
}

try {
  gateway = await createGateway(config, log);
} catch (error) {
  giveUp(`The gateway cannot start: ${(error as Error).message}`);
}
try {
  const address = await gateway.listen();
  const { open, catalog } = config;
  log.info({ address, open, catalog }, "the gateway answers; let no second process write to the same Alma");
  if (open)
    log.warn({ address }, "no key is asked for: whoever reaches this address may read and write everything");
} catch (error) {
  giveUp(`The gateway cannot listen on ${config.host}:${config.port}: ${(error as Error).message}.`);
}
