export { type Calendar, createCalendar, DAY, HOUR } from "./calendar.ts";
export {
  type Config,
  ConfigError,
  findMisspeltSettings,
  isLoopback,
  loadConfig,
  readEnvironment,
  type Settings,
  type SettingValues,
  type ValuesOf,
} from "./config.ts";
export type { Constants } from "./constant.ts";
export type { Log } from "./log.ts";
export { editDistance } from "./misspelt-setting.ts";
export { findReadErrors, watchAlmaKey, watchFile } from "./setting-file.ts";
export {
  oneOf,
  optional,
  parseStoreKey,
  text,
  withDefault,
} from "./setting-schema.ts";
export { catalogSettings, decimalsOf } from "./settings-catalog.ts";
export { codeFolder, inPackage, programUrl, startThread } from "./thread.ts";
