export { columnTypeOf } from "./definition/columns.ts";
export {
  checkName,
  InvalidDocumentError,
  listDocuments,
  parseHeadAs,
  readLater,
} from "./definition/document.ts";
export { isRef, parseRefParameter, printValue, quoteStart } from "./definition/parameter.ts";
export { failureOf, OperationFailure, sendTableError, sendText } from "./run/failure.ts";
export { comparableName } from "./run/report-call.ts";
export { unescapeFormula } from "./sheet/csv.ts";
export { valueAt } from "./sheet/flatten.ts";
export { contentDisposition, type Format, formats, isFileExtension } from "./sheet/format.ts";
export type { Cell, Column, Table } from "./sheet/table.ts";
