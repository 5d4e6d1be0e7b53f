import { join } from 'node:path';
import { type AppConfig } from '@backend/config/AppConfig';
import { type PartialSecret, type Secret, SecretId, secretSchema } from '@core/domain/secret/secret';
import { z } from 'zod';
import { createFileRepository } from '../shared/FileRepository';
import { type Repository } from '../shared/Repository';

/** Keeps what is known about secrets, never their values. */
export type SecretsRepository = Repository<SecretId, Secret>;

const storedSecretSchema = secretSchema.extend({ expiresAt: z.coerce.date() });

/** The folder of the secrets below `DATA_DIR`. */
export const secretsDirectory = ({ dataDir }: Pick<AppConfig, 'dataDir'>): string => join(dataDir, 'secrets');

/** Opens the secrets in a folder: the API process and the workers see the same ones. Free: nothing is kept open. */
export const createSecretsRepository = (directory: string): SecretsRepository =>
  createFileRepository<SecretId, Secret>({
    directory,
    entityName: 'secret',
    storedSchema: storedSecretSchema,
    toEntity: ({ id, ownerId, name, expiresAt }: PartialSecret) => ({
      id: id ?? SecretId(),
      ownerId,
      name,
      expiresAt,
    }),
  });
