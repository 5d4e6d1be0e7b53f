import { err, ok, type Result } from 'neverthrow';
import { v7 as uuidV7 } from 'uuid';
import { z } from 'zod';
import { ValidationError } from '../errors/ValidationError';
import { describeValue } from '../validation/describeValue';

/** An id that is a string at run time and not interchangeable with a plain string, or another id, for the compiler. */
export type BrandedId<Name extends string> = string & z.core.$brand<Name>;

/** The schema, the parser and the maker of one kind of id. */
export interface BrandedIdKind<Name extends string> {
  /** For use inside other schemas; its output is the branded id. */
  readonly schema: z.ZodType<BrandedId<Name>, string>;
  /** Checks an unknown value. Error: `ValidationError` naming the id, the value and the rule. */
  readonly parse: (value: unknown) => Result<BrandedId<Name>, ValidationError>;
  /** Without a value a new UUIDv7; with one the same id, checked. Throws the `ValidationError` of `parse`. */
  readonly create: (value?: string) => BrandedId<Name>;
}

/** Which strings an id accepts. */
export interface BrandedIdRule {
  readonly schema: z.ZodType<string, string>;
  /** The rule in words, to follow "expected UserId to be". */
  readonly description: string;
}

const uuidRule: BrandedIdRule = {
  // Lower case, so that two spellings of one id are equal.
  schema: z.uuid().toLowerCase(),
  description: 'a UUID',
};

/** Defines a kind of id. Default rule: any UUID (RFC 9562), kept in lower case. */
export const defineBrandedId = <Name extends string>(
  name: Name,
  { schema: rule, description }: BrandedIdRule = uuidRule,
): BrandedIdKind<Name> => {
  // The brand exists for the compiler only: zod's own `.brand()` is this cast.
  const schema = rule as unknown as z.ZodType<BrandedId<Name>, string>;
  const parse = (value: unknown): Result<BrandedId<Name>, ValidationError> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return ok(parsed.data);
    const message = `expected ${name} to be ${description}, got ${describeValue(value)}`;
    return err(new ValidationError(message, [{ path: name, message: `expected ${description}` }]));
  };
  const create = (value?: string): BrandedId<Name> => {
    const result = parse(value === undefined ? uuidV7() : value);
    if (result.isErr()) throw result.error;
    return result.value;
  };
  return { schema, parse, create };
};
