import {
  defaultFieldResolver,
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isNonNullType,
  locatedError,
  responsePathAsArray,
} from "graphql";
import { AlmaError } from "../alma/index.ts";
import { Allowance } from "./allowance.ts";
import { isPromise, type Path } from "./complete.ts";
import { GraphContext } from "./context.ts";
import { type Field, Place, type Selection } from "./place.ts";
import type { Common } from "./selected.ts";

type Answer = Record<string, unknown>;

/**
 * An object that inherits nothing, so that any name can be a key. With a constructor it is quicker to fill and to read.
 */
const Answer = function Answer() {} as unknown as new () => Answer;
Answer.prototype = Object.create(null);

/** One execution of a query. GraphQL: "Execution". */
export class Execution {
  readonly common: Common;
  readonly context: unknown;
  readonly #errors: GraphQLError[] = [];
  /** Where the errors are: what is null there has no further ones below. */
  readonly #failed = new Set<Path | undefined>();
  /** The context, if it is one of this graph's. */
  readonly #own: GraphContext | undefined;
  readonly #allowance: Allowance;

  constructor(common: Common, context: unknown) {
    this.common = common;
    this.context = context;
    this.#own = context instanceof GraphContext ? context : undefined;
    this.#allowance = new Allowance(this.#own?.settings.maxResponse ?? Infinity);
  }

  run(type: GraphQLObjectType): ExecutionResult | Promise<ExecutionResult> {
    const errors = this.#errors;
    const answer = (data: unknown) => ({ ...(errors.length > 0 && { errors }), data: data as Answer | null });
    const fail = (error: GraphQLError) => {
      this.#note(error, undefined);
      return answer(null);
    };
    try {
      const { operation, rootValue } = this.common;
      const data = new Place(this, [operation]).object(type, rootValue, undefined);
      return isPromise(data) ? data.then(answer, fail) : answer(data);
    } catch (error) {
      return fail(error as GraphQLError);
    }
  }

  /** The answer of an object. */
  object({ fields, bytes }: Selection, source: unknown, path: Path | undefined): Answer | Promise<Answer> {
    const tooLarge = this.#allowance.spend(bytes);
    if (tooLarge) throw this.#own?.work.fail(tooLarge) ?? tooLarge;
    const answer = new Answer();
    let waits = false;
    try {
      for (const field of fields) {
        const isLater = field.isComposite && this.isOthersTurn();
        const value = isLater ? this.#later(field, source, path) : this.#field(field, source, path);
        answer[field.key] = value;
        if (isPromise(value)) waits = true;
      }
    } catch (error) {
      if (!waits) throw error;
      // Others are under way, and may fail, too.
      return settle(answer).finally(() => {
        throw error;
      });
    }
    return waits ? settle(answer) : answer;
  }

  /** Whether it is others' turn before there is one more thing to do. */
  isOthersTurn(): boolean {
    return this.#allowance.turn() !== undefined;
  }

  /** Resolves when it is this execution's turn again. Throws if its time is over by then. */
  async myTurn(): Promise<void> {
    for (let turn = this.#allowance.turn(); turn; turn = this.#allowance.turn()) await turn;
    this.#own?.work.check();
  }

  async #later(field: Field, source: unknown, prev: Path | undefined): Promise<unknown> {
    const { key, nodes, parentType, definition } = field;
    try {
      await this.myTurn();
    } catch (error) {
      return this.fail(error, nodes, definition.type, { prev, key, typename: parentType.name });
    }
    return this.#field(field, source, prev);
  }

  #field(field: Field, source: unknown, prev: Path | undefined): unknown {
    const { key, nodes, parentType, definition, complete } = field;
    const path: Path = { prev, key, typename: parentType.name };
    const { schema, fragments, rootValue, operation, variableValues } = this.common;
    // Written out: this is done for each value of the answer.
    const info: GraphQLResolveInfo = {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType,
      path,
      schema,
      fragments,
      rootValue,
      operation,
      variableValues,
    };
    try {
      const resolve = definition.resolve ?? defaultFieldResolver;
      const value = resolve(source, field.args(), this.context, info);
      const completed = isPromise(value)
        ? value.then((late) => complete(late, info, path))
        : complete(value, info, path);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => this.fail(error, nodes, definition.type, path));
    } catch (error) {
      return this.fail(error, nodes, definition.type, path);
    }
  }

  /** Null and an error where the type allows null, else throws the error, located. */
  fail(raw: unknown, nodes: readonly FieldNode[], type: GraphQLOutputType, path: Path): null {
    const error = locatedError(this.#count(raw), nodes, responsePathAsArray(path));
    if (isNonNullType(type)) throw error;
    this.#note(error, path);
    return null;
  }

  /** What a field fails with: Alma's errors are counted where they cost one, and too many of them end the operation. */
  #count(raw: unknown): unknown {
    return raw instanceof AlmaError && this.#own ? this.#own.work.fieldError(raw) : raw;
  }

  #note(error: GraphQLError, path: Path | undefined): void {
    if (this.#failed.has(undefined)) return;
    for (let at = path; at; at = at.prev) if (this.#failed.has(at)) return;
    this.#failed.add(path);
    this.#errors.push(error);
  }
}

/** Waits for the values of an object. */
async function settle(answer: Answer): Promise<Answer> {
  const settled = new Answer();
  const keys = Object.keys(answer);
  const values = await Promise.all(Object.values(answer));
  for (const [index, key] of keys.entries()) settled[key] = values[index];
  return settled;
}
