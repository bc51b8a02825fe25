import type { ProblemCode } from "../codec/problem.ts";

type Row = readonly [ProblemCode, ...string[]];

/**
 * Messages of Django REST Framework and Django's models, in English and Russian; `*` is any short text. A message may
 * be anywhere in a refusal, since some bodies join several messages.
 */
const frameworkMessages: readonly Row[] = [
  [
    "NOT_UNIQUE",
    "This field must be unique",
    "must make a unique set",
    "with this * already exists.",
    "Это поле должно быть уникально",
    "Значения поля должны быть уникальны",
    "должны производить массив с уникальными значениями",
    "с таким * уже существует.",
  ],
  [
    "NOT_FOUND",
    "Not found.",
    "No * matches the given query",
    "object does not exist",
    "Object with * does not exist",
    "Не найдено.",
    "Страница не найдена",
    "объект не существует",
    "Объект с * не существует",
  ],
  [
    "REQUIRED",
    "This field is required",
    "This field may not be null",
    "This field may not be blank",
    "This list may not be empty",
    "This selection may not be empty",
    "No file was submitted",
    "Обязательное поле",
    "Это поле обязательно",
    "Это поле не может быть null",
    "Это поле не может быть пустым",
    "Этот список не может быть пустым",
    "Выбор не может быть пустым",
    "Не был загружен файл",
    "Ни одного файла не было отправлено",
  ],
  [
    "INVALID",
    "Not a valid *.",
    "Must be a valid *.",
    "A valid * is required",
    "Enter a valid *.",
    "is not a valid choice",
    "Ensure this *.",
    "Ensure that there are no more than",
    "String value too large",
    "has wrong format",
    "value out of range",
    "Expected a * but got",
    "Incorrect type. Expected",
    "Invalid data. Expected",
    "Invalid value",
    "Invalid hyperlink",
    "Upload a valid image",
    "The submitted file is empty",
    "The submitted data was not a file",
    "JSON parse error",
    "Не является строкой",
    "Должно быть допустимым *.",
    "Требуется целочисленное значение",
    "Требуется численное значение",
    "Введите корректный",
    "Введите правильный",
    "не является корректным значением",
    "нет среди допустимых вариантов",
    "Убедитесь, что",
    "Слишком длинное значение",
    "Неправильный формат",
    "Ожидался *, но был получен",
    "Некорректный тип. Ожидал",
    "Недопустимые данные. Ожидался",
    "Недопустимое значение",
    "Недопустимая ссылка",
    "Загрузите корректное изображение",
    "Загруженный файл пуст",
    "Загруженный файл не является",
    "Ошибка разбора JSON",
  ],
];

/**
 * The rules that Alma documents, in its words and in English (Alma: Apartments and Units, archive and block; Contracts,
 * POST and PATCH), and two refusals observed in a live Alma: of an e-mail address and of an archived contract.
 */
const documentedRules: readonly Row[] = [
  ["NOT_UNIQUE", "email already exists"],
  ["OVERLAP", "dates overlap", "даты пересекаются", "пересечение дат"],
  [
    "OWNER_CONTRACT_NEEDS_UNIT",
    "owner contract can be created only on an apartment",
    "контракт на владение создается только на апарт",
  ],
  [
    "WHOLE_LET_UNIT",
    "not a sharing one",
    "non-sharing",
    "не шеринг",
    "не шеренг",
    "нешеринг",
    "нешеренг",
    "без шеринга",
    "без шеренга",
  ],
  ["ARCHIVED", "edit the archive usage", "архивное использование", "разархивировать * нельзя"],
  [
    "OCCUPIED",
    "has active or planned contracts",
    "активного или запланированного контракта",
    "активные или запланированные контракты",
  ],
  [
    "BLOCKED",
    "unit is blocked",
    "room is blocked",
    "apartment is blocked",
    "юнит заблокирован",
    "апартамент заблокирован",
    "заблокированный юнит",
    "заблокированные юниты",
    "заблокированный апартамент",
  ],
];

/** The maximum number of characters that a `*` matches. */
const MAX_GAP = 80;
const wordings = [...frameworkMessages, ...documentedRules].map(
  ([code, ...messages]) =>
    ({ code, messages: messages.map((message) => message.toLowerCase().split("*")) }) as const,
);

/** Returns whether a text contains the parts of a message in order. */
function includesMessage(text: string, [first = "", second]: readonly string[]) {
  if (second === undefined) return text.includes(first);
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
    const start = at + first.length + 1;
    if (text.slice(start, start + MAX_GAP - 1 + second.length).includes(second)) return true;
  }
  return false;
}

/**
 * Returns the code for a message of Alma; undefined for a message that is neither the framework's nor in Alma's
 * document.
 */
export function classify(text: string): ProblemCode | undefined {
  const normalized = text.replace(/\s+/g, " ").toLowerCase();
  return wordings.find(({ messages }) => messages.some((parts) => includesMessage(normalized, parts)))?.code;
}
