import { capabilities } from "./capabilities.ts";
import { catalogSettings, readEnvironment } from "./config/index.ts";
import { buildExecutableSchema } from "./graph/index.ts";
import { createDocumentRules, runKeyCommand } from "./server/index.ts";

const env = readEnvironment();
const { API_KEYS_FILE, TIME_ZONE } = env;
// The gateway that opens the link applies its own limits.
const limits = { maxAliases: Infinity, maxTokens: Infinity };
const rules = () => createDocumentRules(buildExecutableSchema(capabilities).schema, limits);
const readers = capabilities.flatMap(({ readLink }) => readLink?.(env, rules) ?? []);
const { text, code } = runKeyCommand(
  process.argv.slice(2),
  API_KEYS_FILE,
  readers,
  TIME_ZONE || catalogSettings.timeZone.defaultText,
);
process[code === 0 ? "stdout" : "stderr"].write(text);
process.exitCode = code;
