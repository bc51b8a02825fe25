import { parentPort, workerData } from "node:worker_threads";
import { parseSheet } from "./parse-sheet.ts";
import { InvalidSheetError } from "./sheet.ts";

const { bytes, form, maxRows } = workerData;
try {
  parentPort?.postMessage({ sheet: parseSheet(bytes, form, maxRows) });
} catch (error) {
  if (!(error instanceof InvalidSheetError)) throw error;
  parentPort?.postMessage({ fault: error.message });
}
