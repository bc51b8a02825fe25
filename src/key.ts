import { capabilities } from "./capabilities.ts";
import { catalogSettings, readEnvironment } from "./config/index.ts";
import { buildExecutableSchema } from "./graph/index.ts";
import { createDocumentRules, runKeyCommand } from "./server/index.ts";

const env = readEnvironment();
const { API_KEYS_FILE, TIME_ZONE } = env;
const { readLink } = capabilities.find((capability) => capability.readLink) ?? {};
// The gateway that opens the link has its own limits.
const limits = { maxAliases: Infinity, maxTokens: Infinity };
const { text, code } = runKeyCommand(
  process.argv.slice(2),
  API_KEYS_FILE,
  readLink?.(env, () => createDocumentRules(buildExecutableSchema(capabilities).schema, limits)),
  TIME_ZONE || catalogSettings.timeZone.defaultText,
);
process[code === 0 ? "stdout" : "stderr"].write(text);
process.exitCode = code;
