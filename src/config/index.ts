export { readAlmaKey } from "./alma-key.ts";
export { type Calendar, createCalendar } from "./calendar.ts";
export {
  type Config,
  ConfigError,
  findMisspeltSettings,
  findRetiredSettings,
  isLoopback,
  loadConfig,
  readEnvironment,
  type SettingValues,
} from "./config.ts";
export type { Log } from "./log.ts";
export { distance } from "./misspelt-setting.ts";
export { decimalsOf } from "./price-setting.ts";
export { findReadErrors } from "./setting-file.ts";
export { watchFile } from "./watched-file.ts";
