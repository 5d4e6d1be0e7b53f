import { z } from 'zod';
import { type BrandedId, defineBrandedId } from '../brandedId';
import { userIdSchema } from '../user/user';

const idKind = defineBrandedId('SecretId');

/** Identifies a {@link Secret}. */
export type SecretId = BrandedId<'SecretId'>;

/** `SecretId()` makes a new one (UUIDv7); `SecretId(value)` checks a given UUID and throws `ValidationError` otherwise. */
export const SecretId = idKind.create;

/** For use inside other schemas; its output is a {@link SecretId}. */
export const secretIdSchema = idKind.schema;

/** The schema of {@link Secret}. */
export const secretSchema = z.object({
  id: secretIdSchema,
  ownerId: userIdSchema,
  name: z.string().min(1).max(200),
  expiresAt: z.date(),
});

/** What is known about a stored credential, without its value. */
export type Secret = Readonly<z.output<typeof secretSchema>>;

/** The schema of {@link PartialSecret}. */
export const partialSecretSchema = secretSchema.omit({ id: true }).extend({ id: secretIdSchema.optional() });

/** What creating a {@link Secret} takes; the id is made when it is left out. */
export type PartialSecret = Readonly<z.output<typeof partialSecretSchema>>;

/** Whether the secret may no longer be used: from the instant `expiresAt` on. */
export const isExpired = ({ expiresAt }: Pick<Secret, 'expiresAt'>, now: Date): boolean =>
  expiresAt.getTime() <= now.getTime();
