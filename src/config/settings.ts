import { accessSettings } from "./settings-access.ts";
import { almaSettings } from "./settings-alma.ts";
import { catalogSettings } from "./settings-catalog.ts";
import { serverSettings } from "./settings-server.ts";
import { shareSettings } from "./settings-share.ts";

/** Every setting, in the order of docs/settings.md. Seconds in the environment become milliseconds in the Config. */
export const settings = {
  ...almaSettings,
  ...accessSettings,
  ...catalogSettings,
  ...serverSettings,
  ...shareSettings,
};
