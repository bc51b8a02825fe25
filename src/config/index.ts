export { readAlmaKey } from "./alma-key.ts";
export { type Calendar, createCalendar } from "./calendar.ts";
export { codeFolder, inPackage } from "./code-folder.ts";
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
export type { ConstantOverrides } from "./constant.ts";
export { findReadErrors } from "./file/setting-file.ts";
export { watchFile } from "./file/watched-file.ts";
export type { Log } from "./log.ts";
export { decimalsOf } from "./setting/currency-setting.ts";
export { distance } from "./setting/misspelt-setting.ts";
export {
  oneOf,
  optional,
  type Setting,
  text,
  withDefault,
} from "./setting/setting-schema.ts";
export { catalogSettings } from "./setting/settings-catalog.ts";
export { startThread } from "./thread.ts";
