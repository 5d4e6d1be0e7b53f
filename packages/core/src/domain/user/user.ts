import { z } from 'zod';
import { type BrandedId, defineBrandedId } from '../brandedId';

const idKind = defineBrandedId('UserId');

/** Identifies a {@link User}. */
export type UserId = BrandedId<'UserId'>;

/** `UserId()` makes a new one (UUIDv7); `UserId(value)` checks a given UUID and throws `ValidationError` otherwise. */
export const UserId = idKind.create;

/** For use inside other schemas; its output is a {@link UserId}. */
export const userIdSchema = idKind.schema;

/** The schema of {@link User}. */
export const userSchema = z.object({
  id: userIdSchema,
  email: z.email(),
  name: z.string().min(1).max(200),
  createdAt: z.date(),
});

/** Someone who owns tasks and secrets. */
export type User = Readonly<z.output<typeof userSchema>>;

/** The schema of {@link PartialUser}. */
export const partialUserSchema = userSchema
  .pick({ email: true, name: true })
  .extend({ id: userIdSchema.optional() });

/** What creating a {@link User} takes; the id is made when it is left out. */
export type PartialUser = Readonly<z.output<typeof partialUserSchema>>;
