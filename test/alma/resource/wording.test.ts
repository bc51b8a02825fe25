import { describe, expect, test } from "vitest";
import type { ProblemCode } from "../../../src/alma/codec/problem.ts";
import { classify } from "../../../src/alma/resource/wording.ts";
import { cpuOf } from "../../support/cpu.ts";

/** Messages of Django REST Framework and rules of Alma's document, by error code. */
const knownMessages: Partial<Record<ProblemCode, readonly string[]>> = {
  NOT_UNIQUE: [
    "This field must be unique.",
    "The fields name, building must make a unique set.",
    "unit with this external id already exists.",
    "Client with this email already exists.",
    "email already exists",
    "An archived unit with this name already exists.",
    "Это поле должно быть уникально.",
    "Значения поля должны быть уникальны.",
    "Поля name, building должны производить массив с уникальными значениями.",
    "Клиент с таким email уже существует.",
    "Объект с таким external id уже существует.",
  ],
  NOT_FOUND: [
    "Not found.",
    "No Unit matches the given query.",
    'Invalid pk "9192" - object does not exist.',
    "Object with name=Palm does not exist.",
    "Не найдено.",
    "Страница не найдена.",
    'Недопустимый первичный ключ "5" - объект не существует.',
  ],
  REQUIRED: [
    "This field is required.",
    "is_archived: This field is required.",
    "This field may not be null.",
    "This field may not be blank.",
    "This list may not be empty.",
    "No file was submitted.",
    "Обязательное поле.",
    "Это поле обязательно.",
    "Это поле не может быть null.",
    "Это поле не может быть пустым.",
    "Не был загружен файл.",
    "Ни одного файла не было отправлено.",
  ],
  INVALID: [
    "Not a valid string.",
    "A valid integer is required.",
    "A valid number is required.",
    '"archived" is not a valid choice.',
    "Must be a valid boolean.",
    "Enter a valid email address.",
    "Ensure this field has no more than 8 characters.",
    "Ensure that there are no more than 2 decimal places.",
    "start_date: Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD.",
    'Expected a list of items but got type "str".',
    "Incorrect type. Expected pk value, received str.",
    "Не является строкой.",
    "Требуется целочисленное значение.",
    "Должно быть допустимым логическим значением.",
    "Введите корректный адрес электронной почты.",
    'Значения "foo" нет среди допустимых вариантов.',
    "Неправильный формат datetime. Используйте один из этих форматов: YYYY-MM-DD.",
    "Убедитесь, что в числе не больше 2 знаков в дробной части.",
    "Некорректный тип. Ожидалось значение первичного ключа, получен str.",
  ],
  OVERLAP: [
    "The dates overlap with another contract on this unit.",
    "Даты пересекаются с датами других контрактов на выбранном юните",
  ],
  OWNER_CONTRACT_NEEDS_UNIT: [
    "An owner contract can be created only on an apartment.",
    "Контракт на владение создается только на апартаментамент.",
  ],
  WHOLE_LET_UNIT: [
    "A contract cannot be created: the apartment is not a sharing one and has a unit attached.",
    "Контракт создать нельзя: к нешеринговому апартаменту прикреплен юнит.",
    "Апартамент не шеринговый",
    "Юнит относится к апартаменту без шеренга",
  ],
  ARCHIVED: [
    "It is forbidden to edit the archive usage.",
    "Запрещено редактировать архивное использование.",
    "Разархивировать контракты потом будет нельзя.",
  ],
  OCCUPIED: [
    "The unit has active or planned contracts or blocks and cannot be blocked.",
    "На юните есть активные или запланированные контракты или блокировки, заблокировать его нельзя.",
  ],
  BLOCKED: [
    "The unit is blocked, a contract cannot be created on it.",
    "Юнит заблокирован, создать на него контракт нельзя.",
    "На заблокированные юниты контракт создать не получится",
  ],
};

describe.each(Object.entries(knownMessages))("a message that means %s", (code, messages) => {
  test.each(messages)("%s", (message) => expect(classify(message)).toBe(code));
});

test.each([
  "",
  "The unit cannot be blocked.",
  "Нельзя заблокировать юнит",
  "The client is blocked.",
  "Your request has been blocked",
  "Sky Block, tower 2",
  "The unit has no active or planned contract",
  "На апартаменте нет активных или запланированных контрактов",
  "The unit already has an active contract for these dates.",
  "На эти даты юнит уже занят.",
  "Building 'Active contract' already exists",
  "The contract is archived.",
  "Клиента контракта изменить нельзя.",
  "Шеринговый апартамент",
])("a message unknown to the framework and to Alma's document has no meaning of its own: %s", (message) =>
  expect(classify(message)).toBeUndefined(),
);

test.each([
  ["in one quote", '"The unit is blocked."'],
  ["as a printed list", "['The unit is blocked.']"],
  ["over several lines", "The unit\n  is\tblocked."],
])("a known message is recognised %s", (_, message) => expect(classify(message)).toBe("BLOCKED"));

const stems = [
  "with this ",
  "с таким ",
  "Not a valid ",
  "No ",
  "Object with ",
  "разархивировать ",
  "Ожидался ",
  "Ensure ",
];

test.each(stems)("the cost of a message depends only on its length: %j in a row", (stem) => {
  const cost = (length: number) => {
    const text = `"${stem.repeat(length / stem.length)}`;
    return cpuOf(() => classify(text));
  };
  cost(1_000);
  // The text is 16 times as long; a quadratic function would take 256 times as long.
  expect(cost(32_000) / Math.max(cost(2_000), 0.2)).toBeLessThan(64);
});
