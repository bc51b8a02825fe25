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

/** Answers what is in flight and ends the process; asked a second time, ends it at once. */
async function leave(why: string, code: 0 | 1): Promise<void> {
  if (leaving) process.exit(1);
  leaving = true;
  log.info({ why }, "leaving");
  await gateway?.close().catch((error) => log.error({ error }, "the end was not an orderly one"));
  process.exit(code);
}

/** Milliseconds that a process has to leave in when an exception has shaken it. */
const shaken = 10_000;
noteMishaps(log, () => {
  setTimeout(() => process.exit(1), shaken).unref();
  void leave("exception", 1);
});
noteStandstills(log);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void leave(signal, 0));

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
