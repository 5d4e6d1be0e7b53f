import { describe, expect, it } from 'bun:test';
import { parseAppConfig } from '@backend/config/AppConfig';
import { silentLogger } from '@backend/logger/silentLogger';
import { CorrelationId, correlationIdSchema } from '@core/domain/CorrelationId';
import { UserId } from '@core/domain/user/user';
import { err, ok, type Result } from 'neverthrow';
import { type AfterWriteError } from './AfterWriteError';
import { createInMemoryRepository } from './InMemoryRepository';
import { type NewEntity, type Repository } from './Repository';
import { type EntityHooks } from './ServiceHooks';
import { SharedService } from './SharedService';
import { StorageError } from './StorageError';
import { type WriteOptions } from './WriteOptions';
import { WriteRefusedError } from './WriteRefusedError';

interface Note {
  readonly id: string;
  readonly text: string;
}

type NoteHooks = EntityHooks<string, Note>;

class NotesService extends SharedService<string, Note> {
  async create(data: NewEntity<Note>, options?: WriteOptions): Promise<Result<Note, Error>> {
    return this.createEntity(data, options);
  }

  /** Stores in a way of its own. */
  async createWith(store: (data: NewEntity<Note>) => Promise<Result<Note, Error>>) {
    return this.createEntity({ text: 'hello' }, { store });
  }
}

const request = { correlationId: CorrelationId('request-1'), userId: UserId() };
const known = { resource: 'notes', ...request };
const refusal = new Error('no');
const diskFull = new StorageError('the disk is full');
const hello: Note = { id: 'n1', text: 'hello' };

const setup = async (
  hooks: NoteHooks,
  { notes = [hello], failing = {} }: { notes?: Note[]; failing?: Partial<Repository<string, Note>> } = {},
) => {
  const repo = createInMemoryRepository<string, Note>({
    entityName: 'note',
    toEntity: ({ id = 'n1', text }) => ({ id, text }),
  });
  for (const note of notes) await repo.create(note);
  const appConfig = parseAppConfig({ NODE_ENV: 'test' })._unsafeUnwrap();
  const context = { logger: silentLogger, appConfig: () => appConfig };
  const service = new NotesService({ ...repo, ...failing }, context, { resource: 'notes', hooks });
  return { repo, service, stored: async () => (await repo.list())._unsafeUnwrap() };
};

/** Notes every call of a hook. */
const noting = () => {
  const calls: unknown[][] = [];
  const hooks: NoteHooks = {
    beforeCreate: (...args) => {
      calls.push(['beforeCreate', ...args]);
      return ok(args[0]);
    },
    afterCreate: (...args) => ok(void calls.push(['afterCreate', ...args])),
    beforeUpdate: (...args) => {
      calls.push(['beforeUpdate', ...args]);
      return ok(args[0]);
    },
    afterUpdate: (...args) => ok(void calls.push(['afterUpdate', ...args])),
    beforeDelete: (...args) => ok(void calls.push(['beforeDelete', ...args])),
    afterDelete: (...args) => ok(void calls.push(['afterDelete', ...args])),
  };
  return { calls, hooks };
};

describe('SharedService with hooks', () => {
  it('calls them before and after each write, with the request that writes', async () => {
    const { calls, hooks } = noting();
    const { service } = await setup(hooks, { notes: [] });
    await service.create({ text: 'hello' }, request);
    await service.update('n1', { text: 'bye' }, request);
    await service.delete('n1', request);

    const bye = { id: 'n1', text: 'bye' };
    expect(calls).toEqual([
      ['beforeCreate', { text: 'hello' }, known],
      ['afterCreate', hello, known],
      ['beforeUpdate', { text: 'bye' }, { ...known, id: 'n1' }],
      ['afterUpdate', bye, { ...known, id: 'n1', changes: { text: 'bye' } }],
      ['beforeDelete', bye, known],
      ['afterDelete', bye, known],
    ]);
  });

  it('makes one correlation ID for a write that has none', async () => {
    const { calls, hooks } = noting();
    const { service } = await setup(hooks);
    await service.update('n1', { text: 'bye' });

    const [before, after] = calls.map(([, , context]) => Reflect.get(Object(context), 'correlationId'));
    expect(after).toBe(correlationIdSchema.parse(before));
  });

  it('stores what they make of the data, and tells what was stored', async () => {
    const seen: unknown[] = [];
    const { service, stored } = await setup(
      {
        beforeCreate: async (data) => ok({ ...data, text: `${data.text}!` }),
        beforeUpdate: async () => ok({ text: 'changed' }),
        afterUpdate: (_note, { changes }) => ok(void seen.push(changes)),
      },
      { notes: [] },
    );

    expect((await service.create({ text: 'hello' }))._unsafeUnwrap().text).toBe('hello!');
    expect((await service.update('n1', { text: 'bye' }))._unsafeUnwrap().text).toBe('changed');
    expect(await stored()).toEqual([{ id: 'n1', text: 'changed' }]);
    expect(seen).toEqual([{ text: 'changed' }]);
  });

  it('writes nothing that they refuse, and answers why', async () => {
    const refusing = async () => err(refusal);
    const seen: string[] = [];
    const { service, stored } = await setup({
      beforeCreate: refusing,
      beforeUpdate: refusing,
      beforeDelete: refusing,
      afterCreate: () => ok(void seen.push('create')),
      afterUpdate: () => ok(void seen.push('update')),
      afterDelete: () => ok(void seen.push('delete')),
    });

    const answers = [
      await service.create({ id: 'n2', text: 'x' }),
      await service.update('n1', { text: 'x' }),
      await service.delete('n1'),
    ].map((answer) => answer._unsafeUnwrapErr());
    expect(answers).toEqual(answers.map(() => new WriteRefusedError(refusal)));
    expect(answers.map(({ message, cause }) => [message, cause])).toEqual(answers.map(() => ['no', refusal]));
    expect(await stored()).toEqual([hello]);
    expect(seen).toEqual([]);
  });

  it('tells a hook that broke from one that refused', async () => {
    const thrower = () => {
      throw new Error('boom');
    };
    const { service, stored } = await setup({ beforeUpdate: thrower, beforeDelete: thrower });
    const answers = [await service.update('n1', { text: 'x' }), await service.delete('n1')];

    expect(answers.map((answer) => answer._unsafeUnwrapErr().name)).toEqual(['HookError', 'HookError']);
    expect(await stored()).toEqual([hello]);
  });

  it('tells nobody of a write that fails', async () => {
    const { calls, hooks } = noting();
    const full = async () => err(diskFull);
    const { service } = await setup(hooks, { failing: { create: full, update: full, delete: full } });

    expect((await service.create({ id: 'n2', text: 'x' }))._unsafeUnwrapErr()).toBe(diskFull);
    expect((await service.update('n1', { text: 'x' }))._unsafeUnwrapErr()).toBe(diskFull);
    expect((await service.delete('n1'))._unsafeUnwrapErr()).toBe(diskFull);
    expect((await service.delete('n7'))._unsafeUnwrapErr().name).toBe('NotFoundError');
    expect(calls.map(([name]) => name)).toEqual(['beforeCreate', 'beforeUpdate', 'beforeDelete']);
  });

  it('answers what an after hook answers, though the write is done', async () => {
    const failing = async () => err(refusal);
    const { service, stored } = await setup({
      afterCreate: failing,
      afterUpdate: failing,
      afterDelete: failing,
    });

    const answers = [
      await service.create({ id: 'n2', text: 'x' }),
      await service.update('n2', { text: 'y' }),
      await service.delete('n1'),
    ].map((answer) => answer._unsafeUnwrapErr() as AfterWriteError);
    expect(answers.map(({ name, code, message, cause }) => [name, code, message, cause])).toEqual(
      answers.map(() => ['AfterWriteError', 'after-write-failed', 'no', refusal]),
    );
    expect(answers.map(({ metadata, entity }) => [metadata, entity])).toEqual([
      [
        { event: 'create', resource: 'notes' },
        { id: 'n2', text: 'x' },
      ],
      [
        { event: 'update', resource: 'notes' },
        { id: 'n2', text: 'y' },
      ],
      [{ event: 'delete', resource: 'notes' }, hello],
    ]);
    expect(await stored()).toEqual([{ id: 'n2', text: 'y' }]);
  });

  it('reads what is deleted only for a hook that is told of it', async () => {
    const unreadable = async () => err(diskFull);
    const deleteWith = async (hooks: NoteHooks) => {
      const { service } = await setup(hooks, { failing: { get: unreadable } });
      return service.delete('n1');
    };

    expect((await deleteWith({ afterCreate: () => ok(), beforeUpdate: (data) => ok(data) })).isOk()).toBe(
      true,
    );
    expect((await deleteWith({ beforeDelete: () => ok() }))._unsafeUnwrapErr()).toBe(diskFull);
    expect((await deleteWith({ afterDelete: () => ok() }))._unsafeUnwrapErr()).toBe(diskFull);
  });

  it('calls those after a create when all that belongs to storing is done', async () => {
    const order: unknown[] = [];
    const { service } = await setup({
      beforeCreate: (data) => ok({ ...data, text: data.text.toUpperCase() }),
      afterCreate: (note) => ok(void order.push(['after', note])),
    });
    const store = async (data: NewEntity<Note>) => {
      order.push(['store', data]);
      return ok({ id: 'n2', text: data.text });
    };

    expect((await service.createWith(store))._unsafeUnwrap().text).toBe('HELLO');
    expect(order).toEqual([
      ['store', { text: 'HELLO' }],
      ['after', { id: 'n2', text: 'HELLO' }],
    ]);
    expect((await service.createWith(async () => err(refusal)))._unsafeUnwrapErr()).toBe(refusal);
    expect(order).toHaveLength(2);
  });

  it('refuses hooks that are none when it is made', async () => {
    const hooks = { onBeforeCreate: () => ok() } as NoteHooks;

    await expect(setup(hooks)).rejects.toThrow(
      'unknown hook hooks[0].onBeforeCreate. Did you mean "beforeCreate"?',
    );
  });
});
