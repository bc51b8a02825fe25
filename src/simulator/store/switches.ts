/**
 * What the source leaves open, each point as a switch that may be turned while the stand-in runs. The first value
 * named is the default: what is printed where anything is, else the most likely or the harshest.
 */
export interface Switches {
  /** Body of an answer to POST and PATCH: the single answer; the sent fields and the id; the id alone; nothing. */
  writeAnswer: "record" | "sent" | "id" | "empty";
  /** Body of a successful block or unblock. */
  blockAnswer: "true" | "object" | "empty";
  /** Body of a successful archive or unarchive. */
  archiveAnswer: "object" | "true" | "empty";
  /** A block or archive that a rule forbids: an error, or status 200 with a bare `false`. */
  refusedState: "error" | "false";
  /** Form of an error that a caller can mend. */
  errorForm: "drf" | "detail" | "nonField" | "list" | "text" | "html" | "empty";
  language: "en" | "ru";
  /** Status of a refusal by a rule; faults of single fields are always 400. */
  refusalStatus: 400 | 403;
  /** A tenant contract that overlaps another "raises an exception": a refusal, or Django's own error page. */
  overlapAnswer: "refusal" | "exception";
  /** Status for a wrong or missing key. */
  keyStatus: 401 | 403;
  /**
   * Where clients live: as printed (POST under users/, the rest under realty/), all under users/, or all under both.
   */
  clientBase: "realty" | "users" | "both";
  /** Which GET finds a contract by its Bitrix id. */
  contractForm: "printed" | "external_id" | "both" | "none";
  /** What `external-image/` takes. */
  imageForm: "link" | "multipart" | "both";
  /** Whether lists name archived records (and clients that are not fully created). */
  archivedInLists: boolean;
  /** `header` in the lists of units and rooms. */
  listHeader: "same" | "empty";
  photoForm: "objects" | "strings" | "numbers";
  externalIdForm: "string" | "number";
  /** `goal_rent_cost` in answers. */
  rentForm: "number" | "string";
  /** Whether two records of a kind may have one external id. */
  duplicateExternalIds: boolean;
  /** Where a non-sharing unit has a room all the same: which of the two takes no tenant contract. */
  nonSharingRefusal: "both" | "room" | "apartment";
  /** Whether a PATCH with `name` must name the parent too. */
  renameNeedsParent: boolean;
  /** Fields a POST must have: all that are printed and not called optional, or only those known to be mandatory. */
  requiredFields: "printed" | "known";
  /** An encoded slash inside an id: splits the path (as a WSGI server decodes it first), or stays part of the id. */
  encodedSlash: "splits" | "kept";
  /** When `status` shows what contracts and blocks make of it. */
  statusFollows: "later" | "atOnce";
}

export const defaultSwitches: Readonly<Switches> = Object.freeze({
  writeAnswer: "record",
  blockAnswer: "true",
  archiveAnswer: "object",
  refusedState: "error",
  errorForm: "drf",
  language: "en",
  refusalStatus: 400,
  overlapAnswer: "refusal",
  keyStatus: 401,
  clientBase: "realty",
  contractForm: "printed",
  imageForm: "link",
  archivedInLists: true,
  listHeader: "same",
  photoForm: "objects",
  externalIdForm: "string",
  rentForm: "number",
  duplicateExternalIds: true,
  nonSharingRefusal: "both",
  renameNeedsParent: true,
  requiredFields: "printed",
  encodedSlash: "splits",
  statusFollows: "later",
});
