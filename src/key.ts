import { capabilities } from "./capabilities.ts";
import { catalogSettings, readEnvironment } from "./config/index.ts";
import { buildExecutableSchema } from "./graph/index.ts";
import { runKeyCommand } from "./server/index.ts";

const env = readEnvironment();
const { API_KEYS_FILE, TIME_ZONE } = env;
const { checkLink } = capabilities.find((capability) => capability.checkLink) ?? {};
const { text, code } = runKeyCommand(
  process.argv.slice(2),
  API_KEYS_FILE,
  checkLink?.(env, () => buildExecutableSchema(capabilities)),
  TIME_ZONE || catalogSettings.timeZone.defaultText,
);
process[code === 0 ? "stdout" : "stderr"].write(text);
process.exitCode = code;
