import { type Config, ConfigError, environment, loadConfig } from "./config.ts";
import { createGateway } from "./gateway.ts";
import { createLog } from "./server/index.ts";

/** The configuration, or the end of the process with every fault of it in a sentence. */
function configOrExit(): Config {
  try {
    return loadConfig(environment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = configOrExit();
const log = createLog(config.logLevel);
const gateway = await createGateway(config, log);
try {
  const address = await gateway.listen();
  log.info({ address, open: config.open, catalog: config.catalog }, "the gateway answers");
} catch (error) {
  process.stderr.write(
    `The gateway cannot listen on ${config.host}:${config.port}: ${(error as Error).message}\n`,
  );
  process.exit(1);
}

let leaving = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, async () => {
    if (leaving) return;
    leaving = true;
    log.info({ signal }, "leaving");
    await gateway.close();
    process.exit(0);
  });
}
