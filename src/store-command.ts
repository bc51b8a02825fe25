import { capabilities } from "./capabilities.ts";
import { ConfigError, loadConfig, readEnvironment } from "./config/index.ts";
import { buildExecutableSchema } from "./graph/index.ts";
import { runStoreCommand } from "./store/index.ts";

try {
  const { text, code } = await runStoreCommand(
    process.argv.slice(2),
    () => loadConfig(readEnvironment()),
    () => buildExecutableSchema(capabilities).schema,
  );
  process[code === 0 ? "stdout" : "stderr"].write(text);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
