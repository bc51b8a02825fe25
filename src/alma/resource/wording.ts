import type { ProblemCode } from "../record/problem.ts";

/** What is quoted is a name or a value: `Building "Block A" already exists` tells of no block. */
const QUOTED = /"[^"]*"|«[^»]*»|“[^”]*”|„[^“”]*[“”]|(?<=^|[\s(])'[^']*'(?=$|[\s).,:;!?])/g;

/** "active or planned rent contracts", unless they are denied, demanded or only to be made. */
const liveContractPattern = new RegExp(
  [
    "(?<!(\\b(no|not|without|must|should|requires?|needs?|lacks?|create|creating)|n't)( have)?( an?| any)? )",
    "(?<!\\b(active|planned|existing|running),? (or|and) )",
    "\\b(active|planned|existing|running)",
    "(,? (or|and|active|planned|running|rental|rent|tenant|owner|lease)){0,6} ",
    "(contract|rent|rental|usage|lease|tenant|booking)s?\\b",
    "(?! (is|are) (required|needed|missing))",
  ].join(""),
  "i",
);

/** The same in Russian. */
const liveContractPatternRu = new RegExp(
  [
    "(?<!(?<!\\p{L})(не|нет|без|ни одного|не имеет|отсутствует|нужен|требуется|должен быть|создать) )",
    "(?<!(активн|запланирован|действующ)\\p{L}{0,9} (или|и) )",
    "(?<!\\p{L})(активн|запланирован|действующ|существующ)\\p{L}{0,9}",
    "(,? (или|и|активн\\p{L}{0,9}|запланирован\\p{L}{0,9}|действующ\\p{L}{0,9}|арендн\\p{L}{0,9})){0,6} ",
    "(контракт|договор|аренд|брон|использован)\\p{L}{0,9}",
    "(?! (отсутству|обязател))",
  ].join(""),
  "iu",
);

/**
 * Alma's document shows no refusal, so its words are recognised by what Django REST Framework says, in English and in
 * Russian, and by the words of the document's own rules. The first row that fits counts: that a value is taken before
 * what is told of the record that has it, the rules of the business before "invalid". A verb alone is no state: what
 * cannot be blocked or archived is not. No part of a pattern is without a bound: the words may quote a caller's own.
 */
const rules: readonly (readonly [ProblemCode, ...RegExp[]])[] = [
  [
    "OVERLAP",
    /overlap|intersect|\bconflicts? with\b|пересе[кч]/iu,
    /\b(dates|days|period)\b.{0,40}\b(taken|busy|booked|occupied)\b/i,
    /\balready (?!blocked).{0,60}\b(for|on|in|during) (these|those|this|the same) (dates|days|period)\b/i,
    /(даты|дни|период).{0,40}(?<!\p{L})занят/iu,
    /(?<!\p{L})(уже (?!заблок)|занят).{0,60} (на|в) (эти|этот) (даты|дни|период)/iu,
    /(на|в) (эти|этот|выбранн\p{L}{0,9}|указанн\p{L}{0,9}) (даты|дни|период).{0,60}уже (?!заблок)/iu,
  ],
  [
    "NOT_UNIQUE",
    /\buniq|\bduplicate|уникальн|дублир|дубликат/iu,
    /(\b|_)(name|e-?mail|id|number|phone)\b.{0,60}\balready (exists?|in use|taken|used|registered)\b/i,
    /\bwith (this|that|such|the same)\b.{0,60}\balready exists?\b/i,
    /(?<!\p{L})(имя|имен|номер|id(?!\p{L})).{0,60} уже (существу|использу|занят|зарегистр)/iu,
    /(назван|почт|телефон|идентификатор|mail).{0,60} уже (существу|использу|занят|зарегистр)/iu,
    /(?<!\p{L})с (таким|такой|этим|этой|тем же|той же|данным|указанным) .{0,60}уже (существу|есть)(?!\p{L}{0,9} (активн|запланирован|действующ))/iu,
  ],
  ["ARCHIVED", /(?<!\bbe )\barchived?\b|\bunarchiv/i, /архивн|архиве(?!\p{L})|архивирован(?!и)|разархив/iu],
  [
    "OWNER_CONTRACT_NEEDS_UNIT",
    /\bowner(ship)? contracts?\b[^.:;]{0,60}\bonly\b[^.:;]{0,40}\b(unit|apartment)s?\b/i,
    /\bonly\b[^.:;]{0,40}\b(unit|apartment)s?\b[^.:;]{0,40}\bowner(ship)? contract/i,
    /\bowner(ship)? contracts?\b[^.:;]{0,60}\b(never|cannot|can't|can not|not allowed|impossible)\b[^.:;]{0,30} (on|for) (an? |the )?room/i,
    /\brooms?\b[^.:;]{0,30}\b(cannot|can't|can not)\b[^.:;]{0,30}\bowner/i,
    /(владени|владельц|собственник)[^.:;]{0,40} только [^.:;]{0,10}апарт/iu,
    /(?<!\p{L})только [^.:;]{0,10}апарт[^.:;]{0,40}(владени|владельц|собственник)/iu,
    /(владени|владельц|собственник)[^.:;,]{0,30} (нельзя|невозможн|не может)[^.:;,]{0,30} на (юнит|комнат)/iu,
    /(владени|владельц|собственник)\p{L}{0,9} на (юнит|комнат)\p{L}{0,9}[^.:;,]{0,30} (нельзя|невозможн|не может)/iu,
    /(нельзя|невозможн)[^.:;,]{0,30}(владени|владельц|собственник)\p{L}{0,9} на (юнит|комнат)/iu,
  ],
  [
    "WHOLE_LET_UNIT",
    /(\b(non|not|without)|n't)[ -]*(an? )?shar(ing|ed)\b/i,
    /(не|без)\s*-?\s*ш[еэ]р[еи]н|не явля\p{L}{0,9} ш[еэ]р[еи]н/iu,
  ],
  [
    "NOT_FOUND",
    /does not exist|doesn't exist|\bnot found\b|\bno such\b|\bno \S+ matches\b/i,
    /(?<!\p{L})не (найден|существу)|(?<!\p{L})нет так(ого|ой|их)/iu,
  ],
  [
    "OCCUPIED",
    liveContractPattern,
    liveContractPatternRu,
    /\boccupied\b|(?<!\p{L})занят[аоы]?(?!\p{L})/iu,
    /\balready has (an? )?(\w+ )?(contract|tenant|lease|booking)/i,
    /\b(unit|room|apartment|object)\b.{0,20} (is|are|already) (rented|let|booked|taken|in use)\b/i,
    /уже (есть|имеет|существует) (\p{L}{1,9} )?(контракт|договор|арендатор)/iu,
  ],
  [
    "BLOCKED",
    /(?<!\b(be|(client|user|account|request|access|address)( is| was| has been)?) )\bblocked\b/i,
    /\b(has|is|under) a block\b(?! of)|\b(active|planned|existing|endless|permanent) (block|blocking)s?\b/i,
    /(?<!(клиент|пользовател|аккаунт|доступ|запрос|адрес)\p{L}{0,9} )заблокирован(?!и)/iu,
    /(?<!\p{L})(есть|существует|имеет|стоит|под|активн\p{L}{0,9}|запланирован\p{L}{0,9}|действующ\p{L}{0,9}|бессрочн\p{L}{0,9}) блокировк/iu,
    /блокировк\p{L}{0,9} уже/iu,
  ],
  [
    "NOT_UNIQUE",
    /\balready (exists?|in use|taken|used|registered)\b/i,
    /уже (существу|есть|использу|зарегистр)/iu,
  ],
  [
    "REQUIRED",
    // "A valid integer is required." is about a value that is there.
    /(?<!\bvalid [a-z ]{1,30}is )\brequired\b/i,
    /\b(may|can|must|should) ?not be (null|blank|empty)\b|\bno file was submitted\b/i,
    /обязательн|не мо[жг]\p{L}{1,9} быть (пуст|null)|файл\p{L}{0,9} не был/iu,
    /(?<!\p{L})(поле|значени|параметр)\p{L}{0,3}[^.:;]{0,30} отсутству|отсутству\p{L}{1,9} (поле|значени|параметр)/iu,
  ],
  [
    "INVALID",
    /valid|incorrect|wrong|expected|must be|should be|ensure|too (long|short|large|small)|format/i,
    /корректн|невер|допустим|неправильн|убедитесь|введите|должн|ожидал|требуется|не является|формат|слишком/iu,
  ],
];

/** What a refusal in Alma's words means; undefined for words that say nothing known. */
export function classify(text: string): ProblemCode | undefined {
  const normalized = text.replace(/\s+/g, " ").replaceAll("’", "'");
  const unquoted = normalized.replace(QUOTED, "…");
  // A list of messages, printed as text, is nothing but quotes.
  const relevant = /\p{L}/u.test(unquoted) ? unquoted : normalized;
  return rules.find(([, ...patterns]) => patterns.some((pattern) => pattern.test(relevant)))?.[0];
}
