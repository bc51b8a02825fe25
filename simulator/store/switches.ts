/**
 * The questions that Alma's document leaves open, each as a switch that may be changed while the simulator runs. The
 * first value is the default: the documented answer, else the most likely or the strictest.
 */
export interface Switches {
  /** Body of an answer to POST and PATCH: the detail; the sent fields and the id; the id alone; nothing. */
  writeAnswer: "record" | "sent" | "id" | "empty";
  /** Body of a successful block or unblock. */
  blockAnswer: "true" | "object" | "empty";
  /** Body of a successful archive or unarchive. */
  archiveAnswer: "object" | "true" | "empty";
  /** Answer to a block that a rule forbids: an error, or status 200 with the body `false`. */
  refusedState: "error" | "false";
  /** Form of the body of a refusal. */
  errorForm: "drf" | "detail" | "nonField" | "list" | "text" | "html" | "empty";
  /** Language of messages. */
  language: "en" | "ru";
  /** Status of a refusal by a rule; invalid fields are always 400. */
  refusalStatus: 400 | 403;
  /** The "exception" that an overlapping tenant contract raises: a refusal, or Django's error page. */
  overlapAnswer: "refusal" | "exception";
  /** Status for a wrong or missing key. */
  keyStatus: 401 | 403;
  /**
   * The base path of clients: as documented (POST below users/, all else below realty/), all below users/, or all below
   * both.
   */
  clientBase: "realty" | "users" | "both";
  /** Which path of GET finds a contract by Bitrix id: the documented one below rooms/, external_id/, both or none. */
  contractForm: "printed" | "external_id" | "both" | "none";
  /** What `external-image/` accepts. */
  imageForm: "link" | "multipart" | "both";
  /** Whether lists contain archived records and unconfirmed clients. */
  archivedInLists: boolean;
  /** `header` in the lists of units and rooms. */
  listHeader: "same" | "empty";
  /** Photos in answers. */
  photoForm: "objects" | "strings" | "numbers";
  /** Bitrix ids in answers. */
  externalIdForm: "string" | "number";
  /** `goal_rent_cost` in answers. */
  rentForm: "number" | "string";
  /** Whether two records of a kind may have the same external id. */
  duplicateExternalIds: boolean;
  /** Which refuses tenant contracts if a unit let as a whole has a room by mistake: the room, the unit, or both. */
  nonSharingRefusal: "both" | "room" | "apartment";
  /** Whether a PATCH with `name` must have the parent too. */
  renameNeedsParent: boolean;
  /**
   * The fields that a POST must have: all of the documented example but optional ones, or only those that are called
   * mandatory.
   */
  requiredFields: "printed" | "known";
  /** An encoded slash in an id: splits the path (a WSGI server decodes it first), or is part of the id. */
  encodedSlash: "splits" | "kept";
  /** When `status` follows contracts and blocks: with the next day, or immediately. */
  statusFollows: "later" | "atOnce";
}

/** The first value of each switch. */
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
