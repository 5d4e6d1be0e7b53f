import { describe, expect, it } from 'bun:test';
import { createTaskBench } from '../worker/__fixtures__/TaskBench';
import { createQueueAccess } from './QueueAccess';

describe('createQueueAccess', () => {
  it('reads an answer that came while the process was busy itself', async () => {
    await using bench = await createTaskBench({ tasks: [] });
    const access = createQueueAccess(bench);
    await access.run(async () => undefined);
    const answer = access.run((_queues, { client }) => client.ping());
    await Promise.resolve();
    await Bun.sleep(0); // the command is sent
    const blockedAtMs = performance.now();
    while (performance.now() - blockedAtMs < 2100); // longer than the deadline

    expect((await answer)._unsafeUnwrap()).toBe('PONG');
  });

  it('answers with an error after two seconds without one', async () => {
    await using bench = await createTaskBench({ tasks: [] });
    const access = createQueueAccess(bench);
    const startedAtMs = performance.now();
    const answer = await access.run(() => new Promise<never>(() => undefined));

    expect(answer._unsafeUnwrapErr().message).toBe('no answer within 2000 ms');
    expect(performance.now() - startedAtMs).toBeWithin(1950, 2600);
  });
});
