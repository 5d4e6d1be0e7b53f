import { describe, expect, it } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAppConfig } from '@backend/config/AppConfig';
import { createTemporaryDirectory } from '@backend/files/TemporaryDirectory';
import { getMockedLogger } from '@backend/logger/__mocks__/Logger.mock';
import { type HookContext } from '@backend/tasks/triggers/ResourceHooks';
import { CorrelationId } from '@core/domain/CorrelationId';
import { type Secret, type SecretId } from '@core/domain/secret/secret';
import { UserId } from '@core/domain/user/user';
import { err, ok } from 'neverthrow';
import { type EntityHooks } from '../shared/ServiceHooks';
import { StorageError } from '../shared/StorageError';
import { SecretsService } from './SecretsService';
import { createSecretsRepository } from './secretsRepository';

const now = new Date('2026-01-02T00:00:00Z');
const secret = { ownerId: UserId(), name: 'deploy key', expiresAt: new Date('2026-01-02T00:00:00.001Z') };

const setup = async () => {
  const directory = await createTemporaryDirectory();
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const logger = getMockedLogger();
  const context = { logger, appConfig: () => appConfig };
  const open = (hooks?: EntityHooks<SecretId, Secret>) =>
    new SecretsService(createSecretsRepository(directory.path), context, hooks);
  return {
    directory: directory.path,
    logger,
    open,
    service: open(),
    [Symbol.asyncDispose]: directory[Symbol.asyncDispose],
  };
};

describe('SecretsService', () => {
  it('keeps a secret for other processes', async () => {
    await using bundle = await setup();
    const created = (await bundle.service.create(secret))._unsafeUnwrap();
    expect(created).toEqual({ ...secret, id: created.id });
    expect((await bundle.open().get(created.id))._unsafeUnwrap()).toEqual(created);
  });

  it('refuses a secret without a name', async () => {
    await using bundle = await setup();
    expect((await bundle.service.create({ ...secret, name: '' }))._unsafeUnwrapErr().name).toBe(
      'ValidationError',
    );
    expect(await readdir(bundle.directory)).toEqual([]);
  });

  it('deletes what has expired at the given time, and nothing else', async () => {
    await using bundle = await setup();
    const old = (await bundle.service.create({ ...secret, expiresAt: new Date(0) }))._unsafeUnwrap();
    const due = (await bundle.service.create({ ...secret, expiresAt: now }))._unsafeUnwrap();
    const valid = (await bundle.service.create(secret))._unsafeUnwrap();
    const deleted = (await bundle.service.deleteExpired(now))._unsafeUnwrap();
    expect(deleted.toSorted()).toEqual([old.id, due.id].toSorted());
    expect(await readdir(bundle.directory)).toEqual([`${valid.id}.json`]);
    expect((await bundle.service.deleteExpired(now))._unsafeUnwrap()).toEqual([]);
  });

  it('counts each secret once when two processes clean up at once', async () => {
    await using bundle = await setup();
    for (let count = 0; count < 20; count += 1) await bundle.service.create({ ...secret, expiresAt: now });
    const both = await Promise.all(
      [bundle.service, bundle.open()].map((service) => service.deleteExpired(now)),
    );
    expect(both.flatMap((deleted) => deleted._unsafeUnwrap()).length).toBe(20);
    expect(await readdir(bundle.directory)).toEqual([]);
  });

  it('tells its hooks of every write, the clean-up included', async () => {
    await using bundle = await setup();
    const seen: unknown[] = [];
    const note =
      (event: string) =>
      ({ name }: { readonly name: string }, { resource, correlationId }: HookContext) =>
        ok(void seen.push([event, resource, name, correlationId]));
    const hooks = { afterCreate: note('create'), afterUpdate: note('update'), afterDelete: note('delete') };
    const service = bundle.open(hooks);
    const request = { correlationId: CorrelationId('request-1') };
    const { id } = (await service.create({ ...secret, expiresAt: now }, request))._unsafeUnwrap();
    await service.update(id, { name: 'old key' }, request);
    await service.deleteExpired(now, request);

    expect(seen).toEqual([
      ['create', 'secrets', 'deploy key', 'request-1'],
      ['update', 'secrets', 'old key', 'request-1'],
      ['delete', 'secrets', 'old key', 'request-1'],
    ]);
  });

  it('goes on with the clean-up past hooks that refuse or fail, and says at which secrets', async () => {
    await using bundle = await setup();
    const ids = ['kept', 'audited', 'plain'].map(async (name) => {
      const created = await bundle.service.create({ ...secret, name, expiresAt: now });
      return created._unsafeUnwrap().id;
    });
    const [kept, audited, plain] = await Promise.all(ids);
    const refusal = new StorageError('the archive is full');
    const service = bundle.open({
      beforeDelete: ({ name }) => (name === 'kept' ? err(refusal) : ok()),
      afterDelete: ({ name }) => (name === 'audited' ? err(refusal) : ok()),
    });
    const correlationId = CorrelationId('request-1');
    const deleted = (await service.deleteExpired(now, { correlationId }))._unsafeUnwrap();

    expect(deleted.toSorted()).toEqual([audited, plain].toSorted() as SecretId[]);
    expect(await readdir(bundle.directory)).toEqual([`${kept}.json`]);
    const lines = bundle.logger.error.mock.calls.toSorted(([one], [other]) => one.localeCompare(other));
    expect(lines).toEqual([
      [
        'An expired secret is deleted, but a hook after it failed',
        expect.objectContaining({ name: 'AfterWriteError', cause: refusal }),
        { secretId: audited, correlationId },
      ],
      [
        'An expired secret stays: a hook did not let it be deleted',
        expect.objectContaining({ name: 'WriteRefusedError', cause: refusal }),
        { secretId: kept, correlationId },
      ],
    ]);
  });

  it('says which file it cannot read', async () => {
    await using bundle = await setup();
    const path = join(bundle.directory, 'broken.json');
    await writeFile(path, '{');
    expect((await bundle.service.deleteExpired(now))._unsafeUnwrapErr().message).toStartWith(
      `${path} does not hold`,
    );
  });

  it('checks changes before it stores them', async () => {
    await using bundle = await setup();
    const { id } = (await bundle.service.create(secret))._unsafeUnwrap();
    expect((await bundle.service.update(id, { name: '' }))._unsafeUnwrapErr().name).toBe('ValidationError');
    expect((await bundle.service.update(id, { expiresAt: now }))._unsafeUnwrap()).toEqual({
      ...secret,
      id,
      expiresAt: now,
    });
  });
});
