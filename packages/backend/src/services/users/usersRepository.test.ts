import { describe, expect, it } from 'bun:test';
import { userIdSchema } from '@core/domain/user/user';
import { createUsersRepository } from './usersRepository';

const createdAt = new Date('2026-01-02T03:04:05Z');
const setup = () => createUsersRepository({ now: () => createdAt });

describe('createUsersRepository', () => {
  it('makes the id and notes when the user was created', async () => {
    const user = (await setup().create({ email: 'ada@example.test', name: 'Ada' }))._unsafeUnwrap();
    expect(user).toEqual({
      id: userIdSchema.parse(user.id),
      email: 'ada@example.test',
      name: 'Ada',
      createdAt,
    });
  });

  it('refuses an email that is taken, whatever its case, on creation and on update', async () => {
    const repo = setup();
    await repo.create({ email: 'ada@example.test', name: 'Ada' });
    const bob = (await repo.create({ email: 'bob@example.test', name: 'Bob' }))._unsafeUnwrap();
    const created = await repo.create({ email: 'ADA@example.test', name: 'Another Ada' });
    const updated = await repo.update(bob.id, { email: 'Ada@example.test' });
    for (const result of [created, updated]) {
      const { code, message } = result._unsafeUnwrapErr();
      expect({ code, message }).toEqual({
        code: 'conflict',
        message: 'a user with this email exists already',
      });
    }
    expect((await repo.get(bob.id))._unsafeUnwrap()).toEqual(bob);
  });

  it('lets a user keep the own email', async () => {
    const repo = setup();
    const ada = (await repo.create({ email: 'ada@example.test', name: 'Ada' }))._unsafeUnwrap();
    expect((await repo.update(ada.id, { email: 'ada@example.test' })).isOk()).toBe(true);
  });
});
