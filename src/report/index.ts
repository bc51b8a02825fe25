export { listReports } from "./definition/report-folder.ts";
export { createLinkCheck } from "./link-check.ts";
export { addReports } from "./reports.ts";
