export { listReports } from "./definition/report-folder.ts";
export { addReports } from "./reports.ts";
