import { capabilities } from "./capabilities.ts";
import { catalogSettings, readEnvironment } from "./config/index.ts";
import { buildExecutableSchema } from "./graph/index.ts";
import { createLinkCheck } from "./report/index.ts";
import { runKeyCommand } from "./server/index.ts";

const { API_KEYS_FILE, REPORTS, TIME_ZONE } = readEnvironment();
const { text, code } = runKeyCommand(
  process.argv.slice(2),
  API_KEYS_FILE,
  createLinkCheck(REPORTS, () => buildExecutableSchema(capabilities).schema),
  TIME_ZONE || catalogSettings.timeZone.defaultText,
);
process[code === 0 ? "stdout" : "stderr"].write(text);
process.exitCode = code;
