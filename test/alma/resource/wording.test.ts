import { describe, expect, test } from "vitest";
import type { ProblemCode } from "../../../src/alma/record/problem.ts";
import { classify } from "../../../src/alma/resource/wording.ts";
import { cpuOf } from "../../support/cpu.ts";

/** Sentences that a code is for, and beside them those that only sound like it, with what they mean. */
const sentences: Readonly<
  Record<
    string,
    { readonly are: readonly string[]; readonly sound: Readonly<Record<string, ProblemCode | "">> }
  >
> = {
  OVERLAP: {
    are: [
      "The dates overlap with another contract on this unit.",
      "Contract dates intersect with dates of other contracts",
      "The period conflicts with an existing contract.",
      "These dates are already taken.",
      "The unit already has an active contract for these dates.",
      "An active contract with this unit already exists for these dates.",
      "Даты пересекаются с датами других контрактов на выбранном юните",
      "Пересечение дат с активным договором.",
      "На эти даты юнит уже занят.",
      "Юнит занят на эти даты",
      "Выбранный период занят другим контрактом.",
      "На выбранные даты уже существует контракт",
    ],
    sound: {
      "Incorrect dates.": "INVALID",
      "Room is already blocked for this period": "BLOCKED",
      "Юнит уже заблокирован в этот период": "BLOCKED",
      "start_date: Datetime has wrong format.": "INVALID",
      "Неправильный формат datetime.": "INVALID",
    },
  },
  NOT_UNIQUE: {
    are: [
      "This field must be unique.",
      "The fields name, building must make a unique set.",
      "unit with this external id already exists.",
      "Client with this email already exists.",
      "email already exists",
      "external_id already in use",
      'Building "Block A" already exists in this project.',
      "Building Block A already exists in this project.",
      "Building 'Active contract' already exists",
      "Unit with this name already exists (archived)",
      "Unit with name «в архиве» already exists.",
      "An archived unit with this name already exists.",
      "This name is already used by another, blocked unit.",
      "Duplicate entry",
      "Значения поля должны быть уникальны.",
      "Имя должно быть уникальным внутри здания",
      "Поля name, building должны производить массив с уникальными значениями.",
      "Клиент с таким email уже существует.",
      "Объект с таким external id уже существует.",
      "Юнит с таким названием уже существует (в архиве)",
      "Архивный апартамент с таким названием уже есть.",
      "Здание «Блок А» уже существует",
      "Этот email уже занят.",
      "Пользователь с таким адресом электронной почты уже зарегистрирован",
      "Имя юнита уже занято",
      "Номер телефона уже используется",
    ],
    sound: {
      "The unit already has a contract.": "OCCUPIED",
      "На юнит с таким id уже есть активный контракт": "OCCUPIED",
      "The unit is already blocked.": "BLOCKED",
      "Юнит уже в архиве.": "ARCHIVED",
    },
  },
  ARCHIVED: {
    are: [
      "forbidden to edit the archive usage",
      "It is forbidden to edit the archive usage.",
      "The contract is archived.",
      "A contract cannot be created on an archived unit.",
      "Archived contracts can not be unarchived",
      "Запрещено редактировать архивное использование.",
      "Контракт находится в архиве",
      "Юнит заархивирован, создать активный контракт нельзя.",
      "Разархивировать контракты нельзя",
      "Архивный контракт изменить нельзя",
    ],
    sound: {
      "is_archived: This field is required.": "REQUIRED",
      '"archived" is not a valid choice.': "INVALID",
      "Значения «архивный» нет среди допустимых вариантов.": "INVALID",
      "The unit has active contracts and cannot be archived.": "OCCUPIED",
      "Нельзя архивировать: на юните есть активный контракт": "OCCUPIED",
    },
  },
  OWNER_CONTRACT_NEEDS_UNIT: {
    are: [
      "An owner contract can be created only on an apartment.",
      "Owner contracts are for units only, never for a room",
      "Only apartments can have an owner contract.",
      "An owner contract cannot be created for a room.",
      "Rooms can't have owner contracts.",
      "Контракт на владение создается только на апартаментамент.",
      "Контракт на владение создается только на апартамент.",
      "Только апартаменты могут иметь договор с собственником",
      "Контракт на владение нельзя создать на юнит.",
      "Нельзя создать контракт на владение на юнит",
    ],
    sound: {
      "An owner contract cannot be created: the unit is blocked.": "BLOCKED",
      "Нельзя создать контракт на владение: юнит заблокирован.": "BLOCKED",
      "Контракт на владение нельзя создать на заблокированный апартамент": "BLOCKED",
      "The unit has an active owner contract.": "OCCUPIED",
      "На апартаменте есть активный контракт на владение": "OCCUPIED",
      "The apartment has no owner contract.": "",
      "У апартамента нет контракта на владение": "",
    },
  },
  WHOLE_LET_UNIT: {
    are: [
      "A contract cannot be created: the apartment is not a sharing one and has a unit attached.",
      "The unit is non-sharing.",
      "The apartment isn't shared",
      "Контракт создать нельзя: к нешеринговому апартаменту прикреплен юнит.",
      "Апартамент не шеринговый",
      "Юнит относится к апартаменту без шеринга",
      "Апартамент без шеренга",
      "Апартамент не является шеренговым, прикреплен активный юнит.",
    ],
    sound: { "A sharing apartment must have a room.": "", "Шеринговый апартамент": "" },
  },
  NOT_FOUND: {
    are: [
      "Not found.",
      "No Unit matches the given query.",
      'Invalid pk "9192" - object does not exist.',
      "Active parent unit not found.",
      "Active contract not found.",
      "There is no such file",
      "Страница не найдена.",
      "Не найдено.",
      'Недопустимый первичный ключ "5" - объект не существует.',
      "Активный контракт не найден",
      "Нет такого клиента",
    ],
    sound: { "Unit with this name already exists.": "NOT_UNIQUE" },
  },
  OCCUPIED: {
    are: [
      "The unit has active or planned contracts or blocks and cannot be blocked.",
      "The unit is occupied.",
      "There is an active contract on this room.",
      "Room has a planned rent",
      "The apartment has an active tenant contract",
      "Cannot block: existing leases.",
      "The room is already rented.",
      "На юните есть активные или запланированные контракты или блокировки, заблокировать его нельзя.",
      "У апартамента не должно быть блокировки: есть запланированный контракт на аренду",
      "Юнит занят",
      "Комната уже занята.",
      "Действующий договор аренды",
      "На юните уже есть договор",
    ],
    sound: {
      "The client is inactive, so no contract can be made.": "",
      "Client is not active: contract not created": "",
      "Неактивный клиент, договор не создан": "",
      "Клиент не активный, договор не создан": "",
      "Не активный договор": "",
      "Current unit has no active owner contract": "",
      "The unit does not have an active contract": "",
      "The unit has no active or planned contract": "",
      "The unit must have an active owner contract": "",
      "An active owner contract is required": "REQUIRED",
      "У апартамента нет активного договора владения": "",
      "На апартаменте нет активных или запланированных контрактов": "",
      "Активный договор отсутствует": "",
      "Active rooms need their parent unit.": "",
    },
  },
  BLOCKED: {
    are: [
      "The unit is blocked, a contract cannot be created on it.",
      "Blocked.",
      "The room has an active block.",
      "There is a block on this unit.",
      "Юнит заблокирован, создать на него контракт нельзя.",
      "На заблокированные юниты контракт создать нельзя",
      "На юните есть блокировка",
      "На объекте уже существует блокировка",
      "Блокировка уже существует",
      "Cannot create an active contract on a blocked unit",
      "Нельзя создать активный контракт на заблокированный юнит",
      "Апартамент имеет бессрочную блокировку: активная блокировка",
    ],
    sound: {
      "The unit cannot be blocked.": "",
      "Нельзя заблокировать юнит": "",
      "The client is blocked.": "",
      "Клиент заблокирован": "",
      "Your request has been blocked": "",
      "Доступ заблокирован": "",
      "Sky Block, tower 2": "",
    },
  },
  REQUIRED: {
    are: [
      "This field is required.",
      "This field may not be null.",
      "This field may not be blank.",
      "This list may not be empty.",
      "No file was submitted.",
      "Обязательное поле.",
      "Поле обязательно для заполнения",
      "Это поле не может быть пустым.",
      "Ни одного файла не было отправлено.",
      "В запросе отсутствует поле building",
    ],
    sound: {
      "A valid integer is required.": "INVALID",
      "Требуется целочисленное значение.": "INVALID",
      "Цена не может быть меньше нуля": "",
    },
  },
  INVALID: {
    are: [
      "Not a valid string.",
      "A valid number is required.",
      '"foo" is not a valid choice.',
      "Must be a valid boolean.",
      "Enter a valid email address.",
      "Ensure this field has no more than 8 characters.",
      'Expected a list of items but got type "str".',
      "Incorrect type. Expected pk value, received str.",
      "Не является строкой.",
      "Должно быть допустимым логическим значением.",
      "Введите правильный адрес электронной почты.",
      'Значения "foo" нет среди допустимых вариантов.',
      "Убедитесь, что в числе не больше 2 знаков в дробной части.",
      "Некорректный тип. Ожидалось значение первичного ключа, получен str.",
    ],
    sound: { "": "", "…": "", "Out of order.": "", "Клиента контракта изменить нельзя.": "" },
  },
};

describe.each(Object.entries(sentences))("words for %s", (code, { are, sound }) => {
  test.each(are)("%s", (said) => expect(classify(said)).toBe(code));
  test.each(Object.entries(sound))("not: %s", (said, meant) => expect(classify(said) ?? "").toBe(meant));
});

test.each([
  ["in one quote", '"The unit is blocked."', "BLOCKED"],
  ["as a printed list", "['The unit is blocked.']", "BLOCKED"],
  ["over several lines", "The unit\n  is\tblocked.", "BLOCKED"],
  ["with another apostrophe", "An owner contract can’t be created for a room", "OWNER_CONTRACT_NEEDS_UNIT"],
  ["between apostrophes", "The unit isn't free, it's blocked, and that's that", "BLOCKED"],
])("a sentence %s", (_, said, code) => expect(classify(said)).toBe(code));

const stems = (
  "owner contract only |на эти даты уже |active or planned |name already |не может |" +
  "поле|значени|параметр|архив|контракт|договор|блокировк|владени|занят|активн|активные, |имя|почт|уже |на этот |с таким |" +
  "name|with this |already |contract|active |active or |block|owner contract |room |only "
).split("|");

test.each(stems)("what it costs to read grows with the length alone: %j in a row", (stem) => {
  const cost = (length: number) => {
    const text = `"${stem.repeat(length / stem.length)}`;
    return cpuOf(() => classify(text));
  };
  cost(1_000);
  // Sixteen times the text; with the square of its length it would be 256 times the time.
  expect(cost(32_000) / Math.max(cost(2_000), 0.2)).toBeLessThan(64);
});
