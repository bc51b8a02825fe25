export { readAlmaKey } from "./alma-key.ts";
export { type Calendar, createCalendar } from "./calendar.ts";
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
export { findReadErrors, watchFile } from "./file/setting-file.ts";
export type { Log } from "./log.ts";
export { distance } from "./setting/misspelt-setting.ts";
export {
  oneOf,
  optional,
  parseStoreKey,
  text,
  withDefault,
} from "./setting/setting-schema.ts";
export { catalogSettings, decimalsOf } from "./setting/settings-catalog.ts";
export { codeFolder, inPackage, programUrl, startThread } from "./thread.ts";
