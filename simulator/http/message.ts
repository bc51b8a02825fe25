/** A message in the wording of Django REST Framework, in both languages. */
export interface Message {
  readonly en: string;
  readonly ru: string;
}

/** Messages about a field's value. */
export const fieldMessage = {
  required: { en: "This field is required.", ru: "Обязательное поле." },
  isNull: { en: "This field may not be null.", ru: "Это поле не может быть пустым." },
  blank: { en: "This field may not be blank.", ru: "Это поле не может быть пустым." },
  notText: { en: "Not a valid string.", ru: "Не является строкой." },
  notInteger: { en: "A valid integer is required.", ru: "Требуется целочисленное значение." },
  notNumber: { en: "A valid number is required.", ru: "Требуется численное значение." },
  notFlag: { en: "Must be a valid boolean.", ru: "Должно быть допустимым логическим значением." },
  notDate: {
    en: "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
    ru: "Неправильный формат datetime. Используйте один из этих форматов: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
  },
  notEmail: { en: "Enter a valid email address.", ru: "Введите правильный адрес электронной почты." },
  notUrl: { en: "Enter a valid URL.", ru: "Введите корректный URL." },
  noFile: { en: "No file was submitted.", ru: "Ни одного файла не было отправлено." },
  decimalPlaces: {
    en: "Ensure that there are no more than 2 decimal places.",
    ru: "Убедитесь, что в числе не больше 2 знаков в дробной части.",
  },
  notAttached: { en: "This photo is not attached to the object.", ru: "Это фото не прикреплено к объекту." },
  emailTaken: {
    en: "Client with this email already exists.",
    ru: "Клиент с таким email уже существует.",
  },
  externalIdTaken: {
    en: "An object with this external id already exists.",
    ru: "Объект с таким external id уже существует.",
  },
  clientFixed: {
    en: "The client of a contract cannot be changed.",
    ru: "Клиента контракта изменить нельзя.",
  },
  onlyUnits: {
    en: "An owner contract can be created only on an apartment.",
    ru: "Контракт на владение создается только на апартамент.",
  },
  badChoice: (value: unknown): Message => ({
    en: `"${value}" is not a valid choice.`,
    ru: `Значения "${value}" нет среди допустимых вариантов.`,
  }),
  noSuchKey: (key: unknown): Message => ({
    en: `Invalid pk "${key}" - object does not exist.`,
    ru: `Недопустимый первичный ключ "${key}" - объект не существует.`,
  }),
  notKey: (type: string): Message => ({
    en: `Incorrect type. Expected pk value, received ${type}.`,
    ru: `Некорректный тип. Ожидалось значение первичного ключа, получен ${type}.`,
  }),
  notList: (type: string): Message => ({
    en: `Expected a list of items but got type "${type}".`,
    ru: `Ожидался list со значениями, но был получен "${type}".`,
  }),
  notObject: (type: string): Message => ({
    en: `Invalid data. Expected a dictionary, but got ${type}.`,
    ru: `Недопустимые данные. Ожидался dictionary, но был получен ${type}.`,
  }),
};

/** Messages about rules that concern several fields or records. */
export const ruleMessage = {
  notUnique: (fields: string): Message => ({
    en: `The fields ${fields} must make a unique set.`,
    ru: `Поля ${fields} должны производить массив с уникальными значениями.`,
  }),
  overlap: {
    en: "The dates overlap with another contract on this unit.",
    ru: "Даты пересекаются с датами другого контракта на этом юните.",
  },
  blocked: {
    en: "The unit is blocked, a contract cannot be created on it.",
    ru: "Юнит заблокирован, создать на него контракт нельзя.",
  },
  occupied: {
    en: "The unit has active or planned contracts or blocks and cannot be blocked.",
    ru: "На юните есть активные или запланированные контракты или блокировки, заблокировать его нельзя.",
  },
  nonSharing: {
    en: "A contract cannot be created: the apartment is not a sharing one and has a unit attached.",
    ru: "Контракт создать нельзя: к нешеринговому апартаменту прикреплен юнит.",
  },
  archivedUsage: {
    en: "It is forbidden to edit the archive usage.",
    ru: "Запрещено редактировать архивное использование (forbidden to edit the archive usage).",
  },
};

/** Messages about the request itself. */
export const requestMessage = {
  notFound: { en: "Not found.", ru: "Страница не найдена." },
  noKey: {
    en: "Authentication credentials were not provided.",
    ru: "Учетные данные не были предоставлены.",
  },
  badKey: { en: "Incorrect authentication credentials.", ru: "Некорректные учетные данные." },
  notJson: (reason: string): Message => ({
    en: `JSON parse error - ${reason}`,
    ru: `Ошибка разбора JSON - ${reason}`,
  }),
  method: (method: string): Message => ({
    en: `Method "${method}" not allowed.`,
    ru: `Метод "${method}" не разрешен.`,
  }),
  mediaType: (type: string): Message => ({
    en: `Unsupported media type "${type}" in request.`,
    ru: `Неподдерживаемый тип данных "${type}" в запросе.`,
  }),
};
